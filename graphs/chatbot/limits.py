"""What a model can be asked: which questions are refused, and how much it reads.

Contract: a model that doesn't say how much it reads gets every question up to `MAX_CHARACTERS`.
"""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel
from langchain_core.messages.utils import count_tokens_approximately

from homespun.errors import UsageError
from models.chat.tokens import counts_tokens

MAX_CHARACTERS = 400_000


def check_question(model: BaseChatModel, text: str) -> None:
    """Refuses an empty question and one that the model can't read.

    Raises:
        UsageError: with the limit, in the model's tokens where it's known.
    """
    if not text.strip():
        raise UsageError("The message is empty: write something to be answered.")
    if len(text) > MAX_CHARACTERS:
        raise UsageError(
            f"The message is too long: {len(text):,} characters, and {MAX_CHARACTERS:,} are the most that "
            "any model is given. Shorten it."
        )
    limit = input_limit(model)
    if limit is not None and (tokens := count_tokens(model, text)) > limit:
        raise UsageError(
            f"The message is too long: {tokens:,} tokens, and this model reads {limit:,}. Shorten it."
        )


def input_limit(model: BaseChatModel) -> int | None:
    """Returns how many tokens the model reads, or None where it doesn't say."""
    profile = getattr(model, "profile", None) or {}
    limit = profile.get("max_input_tokens")
    return int(limit) if limit else None


def count_tokens(model: BaseChatModel, text: str) -> int:
    """Returns the tokens of `text`: exactly where the model brings its tokenizer, else about."""
    if counts_tokens(model):
        return model.get_num_tokens(text)
    return count_tokens_approximately([("user", text)])
