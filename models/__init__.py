"""The brains: nets from raw tensors, tokenizers, inference, chat-model wrappers, weights.

Importing this package imports nothing else: torch and LangChain come with the first model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from models.chat.homespun import ChatHomespun
    from models.chat.scripted import ChatScripted

__all__ = ["ChatHomespun", "ChatScripted", "load_chat_model"]


def load_chat_model(name: str = "home", **kwargs: Any) -> BaseChatModel:
    """Make the chat model that an address leads to; weights are loaded at the first answer.

    Args:
        name: A model folder's name or path (`home`), `scripted:<file>` (plays a script),
            `hf:<model>[+<adapter>]` (a causal language model of `transformers` and a LoRA adapter in PEFT's
            format, each a folder or an id that is in the hub's cache already), or `<provider>:<model>` as
            LangChain's `init_chat_model` takes it (`ollama:llama3.2`, `openai:…`). Without a decoder:
            `reader` (answers from passages word for word) and `caller` (calls tools), or `reader:<adapter>`
            and `caller:<chooser>+<filler>`.
        **kwargs: Fields of the chat model: `temperature`, `max_tokens`, `seed`, `home`, ….

    Raises:
        ModelNotFound: The address leads nowhere; the message lists what exists.
        UsageError: It is an adapter on the encoder, which is no chat model by itself.
        CorruptWeights: The model's configuration cannot be read.
    """
    from models.chat.loading import load

    return load(name, **kwargs)


def __getattr__(name: str) -> Any:
    if name == "ChatHomespun":
        from models.chat.homespun import ChatHomespun

        return ChatHomespun
    if name == "ChatScripted":
        from models.chat.scripted import ChatScripted

        return ChatScripted
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
