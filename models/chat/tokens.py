"""Whether a chat model can count tokens by itself, here and now."""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel


def counts_tokens(model: BaseChatModel) -> bool:
    """Whether `model.get_token_ids` is exact and local.

    LangChain's own way fetches GPT-2's tokenizer from the network, and its packages for providers fetch
    theirs; a server that is reached by one of them may have another anyway.
    """
    own = not type(model).get_token_ids.__module__.startswith("langchain")
    return own or model.custom_get_token_ids is not None
