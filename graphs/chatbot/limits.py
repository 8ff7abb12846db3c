"""How much a model can read: refusing a question, and shortening a thread, that wouldn't fit.

Contract: the newest messages are what a model sees of a long thread; the thread itself is never shortened.
A model that doesn't say how much it reads gets everything up to `MAX_CHARACTERS` a question.
"""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.base import BaseLanguageModel
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, trim_messages
from langchain_core.messages.utils import count_tokens_approximately

from homespun.errors import UsageError

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
    if _counts(model):
        return model.get_num_tokens(text)
    return count_tokens_approximately([("user", text)])


def fit(model: BaseChatModel, messages: Sequence[AnyMessage], *, reserve: int = 0) -> list[BaseMessage]:
    """Returns the newest messages that the model can read, beginning with one of the user's.

    Args:
        model: says how much it reads; if it doesn't, all messages are returned.
        messages: the thread.
        reserve: tokens that are to stay free, for a system prompt and the answer.
    """
    # An answer that was stopped before its first word tells a model nothing but that it may be silent.
    said: list[BaseMessage] = [m for m in messages if not (isinstance(m, AIMessage) and _silent(m))]
    limit = input_limit(model)
    if limit is None or not said:
        return said
    counter = model if _counts(model) else count_tokens_approximately
    fitting = trim_messages(
        said,
        max_tokens=max(limit - reserve, 1),
        token_counter=counter,
        strategy="last",
        start_on="human",
        include_system=True,
    )
    # The question itself is always asked: the model tells best what it can't read.
    return fitting or said[-1:]


def _counts(model: BaseChatModel) -> bool:
    # LangChain's own way to count fetches GPT-2's tokenizer from the network.
    return (
        type(model).get_token_ids is not BaseLanguageModel.get_token_ids
        or model.custom_get_token_ids is not None
    )


def _silent(message: AIMessage) -> bool:
    return not message.text.strip() and not message.tool_calls
