"""Chat models by address: our folders, scripts, `transformers` checkpoints and LangChain's providers."""

from __future__ import annotations

import re
from typing import Any

from langchain_core.language_models import BaseChatModel

from homespun.errors import ModelNotFound, UsageError
from models.chat.weights import FOREIGN
from models.store import find_model

SCRIPTED = "scripted:"
_PROVIDER = re.compile(r"[a-z][a-z0-9_-]+:.+")


def load(name: str, **kwargs: Any) -> BaseChatModel:
    """Make the chat model that an address leads to; see `models.load_chat_model`."""
    if not name.strip():
        raise UsageError("the model's name is empty: give one, such as home")
    if name.startswith(SCRIPTED):
        from models.chat.scripted import ChatScripted

        return ChatScripted.from_file(name.removeprefix(SCRIPTED), **kwargs)
    if name.startswith(FOREIGN):
        return _ours(name, **kwargs)
    try:
        find_model(name, kwargs.get("home"))
    except ModelNotFound:
        if not _PROVIDER.fullmatch(name):
            raise
        return _provider(
            name, **{key: value for key, value in kwargs.items() if key not in {"home", "threads"}}
        )
    return _ours(name, **kwargs)


def _ours(name: str, **kwargs: Any) -> BaseChatModel:
    from models.chat.homespun import ChatHomespun

    return ChatHomespun(model=name, **kwargs)


def _provider(name: str, **kwargs: Any) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    given = {key: value for key, value in kwargs.items() if value is not None}
    try:
        model = init_chat_model(name, **given)
    except ImportError as error:
        raise ModelNotFound(f"{name} needs a package that is not installed: {error}") from error
    except ValueError as error:
        raise ModelNotFound(f"{name} leads nowhere: {error}") from error
    if not isinstance(model, BaseChatModel):
        raise ModelNotFound(f"{name} is no chat model")
    return model
