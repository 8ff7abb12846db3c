"""Chat models by address: our folders, scripts, `transformers` checkpoints and LangChain's providers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel

from homespun.errors import CorruptWeights, ModelNotFound, UsageError
from models.adapters import split_address
from models.chat.addresses import ENCODED, READER
from models.chat.weights import FOREIGN
from models.shelves import find_model

SCRIPTED = "scripted:"
# LangChain's providers have these in common.
_COMMON = frozenset({"temperature", "max_tokens"})
_ENCODED = re.compile(rf"(?:{'|'.join(ENCODED)})(?::|\Z)")
_PROVIDER = re.compile(r"[a-z][a-z0-9_-]+:.+")


def load(name: str, **kwargs: Any) -> BaseChatModel:
    """Make the chat model that an address leads to; see `models.load_chat_model`."""
    if not name.strip():
        raise UsageError("the model's name is empty: give one, such as home")
    if name.startswith(SCRIPTED):
        from models.chat.scripted import ChatScripted

        return ChatScripted.from_file(name.removeprefix(SCRIPTED), **kwargs)
    if _ENCODED.match(name):
        return _encoded(name, **kwargs)
    if _is_provider(name, kwargs.get("home")):
        from models.chat.provider import load_provider

        return load_provider(name, **{key: value for key, value in kwargs.items() if key != "threads"})
    return _ours(name, **kwargs)


def takes(name: str, home: Path | None = None) -> frozenset[str] | None:
    """The sampling that the model of an address can be told; `None` is all that `ChatHomespun` knows."""
    if name.startswith(SCRIPTED) or _ENCODED.match(name):
        return frozenset()  # a script says what it says, and who only finds draws nothing
    return _COMMON if _is_provider(name, home) else None


def is_large(name: str, home: Path | None = None) -> bool:
    """Whether an address leads to a model that can be expected to write: a provider's or a checkpoint's.

    What's trained here has a few million parameters and finds more than it writes; a script says its lines.
    """
    if name.startswith(SCRIPTED) or _ENCODED.match(name):
        return False
    return name.startswith(FOREIGN) or _is_provider(name, home)


def _is_provider(name: str, home: Path | None) -> bool:
    """Whether an address is for LangChain's `init_chat_model`: of its form, and no folder of ours."""
    if name.startswith(FOREIGN) or not _PROVIDER.fullmatch(name):
        return False
    # What's behind the colon is an adapter's name where a folder of ours stands before it, right or wrong.
    for ours in (name, split_address(name)[0]):
        try:
            find_model(ours, home)
        except ModelNotFound:
            continue
        except CorruptWeights:
            pass  # a folder of ours, in a bad state
        return False
    return True


def _ours(name: str, **kwargs: Any) -> BaseChatModel:
    from models.chat.homespun import ChatHomespun

    return ChatHomespun(model=name, **kwargs)


def _encoded(name: str, **kwargs: Any) -> BaseChatModel:
    from models.chat.calling import ChatCaller
    from models.chat.reading import ChatReader

    kind: type[ChatReader | ChatCaller] = ChatReader if name.startswith(READER) else ChatCaller
    known = {key: value for key, value in kwargs.items() if key in kind.model_fields}
    return kind(model=name, **known)
