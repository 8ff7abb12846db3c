"""`<provider>:<model>`: whatever LangChain's `init_chat_model` makes, and its failures in one line.

Nothing here knows a provider: each has its own package, and says of itself where it's reached and with which
key (`OPENAI_API_KEY` and `OPENAI_BASE_URL` for anything that speaks OpenAI's protocol). What their packages
raise goes by LangChain's own kinds of errors, which they share.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from langchain_core import exceptions

from homespun.errors import HomespunError, ModelNotFound, UsageError
from models.shelves import unknown_model

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel

_NO_PROVIDER = re.compile(r"\A(?:Unable to infer model provider|Unsupported provider)\b")
_CODE = re.compile(r"\AError code: \d+ - ")


def load_provider(name: str, home: Path | None = None, **kwargs: Any) -> BaseChatModel:
    """Make a provider's chat model; nothing is asked of the provider yet.

    Args:
        name: `<provider>:<model>`.
        home: The state folder, whose models are named where there's no such provider.
        **kwargs: Fields of the model; `None` counts as not given.

    Raises:
        ModelNotFound: There's no such provider, or its package isn't installed.
        UsageError: It can't be made, such as for want of a key.
    """
    from langchain.chat_models import init_chat_model
    from langchain_core.language_models import BaseChatModel

    given = {key: value for key, value in kwargs.items() if value is not None}
    try:
        model = init_chat_model(name, **given)
    except ImportError as error:
        raise ModelNotFound(f"{name} needs a package that is not installed: {error}") from error
    except Exception as error:  # each has its own
        if isinstance(error, ValueError) and _NO_PROVIDER.match(str(error)):
            hint = "PROVIDER:MODEL needs a provider that LangChain knows, such as ollama or openai"
            raise unknown_model(name.partition(":")[0], home, hint) from error
        raise UsageError(f"{name} can't be used: {_said(error)}") from error
    if not isinstance(model, BaseChatModel):
        raise ModelNotFound(f"{name} is no chat model")
    return model


def explain(error: BaseException) -> HomespunError | None:
    """What went wrong with a provider, as an error that says what to do; `None` for anything else."""
    if not isinstance(error, exceptions.ModelError):
        return None
    where, said = _where(error), _said(error)
    match error:
        case exceptions.ModelAuthenticationError():
            return UsageError(f"{where} refuses the key: {said} Set a valid one (such as OPENAI_API_KEY).")
        case exceptions.ModelPermissionDeniedError():
            return UsageError(f"{where} doesn't allow this: {said} Use a key that may, or another model.")
        case exceptions.ModelNotFoundError():
            return ModelNotFound(f"{where} doesn't have this model: {said}")
        case exceptions.ModelRateLimitError():
            return HomespunError(f"{where} takes no more requests for now: {said} Wait, or raise the quota.")
        case exceptions.ContextOverflowError():
            return UsageError(f"The conversation is too long for this model: {said} Begin a new one.")
        case exceptions.ModelInvalidRequestError():
            return UsageError(f"{where} refuses the request: {said}")
        case exceptions.ModelTimeoutError():
            return HomespunError(f"{where} didn't answer in time: {said} Try again.")
        case exceptions.ModelConnectionError():
            check = "is it running, and its address right (OPENAI_BASE_URL)?"
            return HomespunError(f"{where} can't be reached, or broke off: {check}")
    return HomespunError(f"{where} failed: {said} Try again later.")


def _where(error: BaseException) -> str:
    """Who failed: the server's address, without what may be secret in it."""
    url = getattr(getattr(error, "request", None), "url", None)
    host = getattr(url, "host", None)
    if not host:
        return "The model's provider"
    port = getattr(url, "port", None)
    return f"The server at {host}{f':{port}' if port else ''}"


def _said(error: BaseException) -> str:
    body = getattr(error, "body", None)
    told = body.get("message") if isinstance(body, dict) else None
    text = " ".join(_CODE.sub("", str(told or error)).split())[:300] or type(error).__name__
    return text if text.endswith((".", "!", "?")) else f"{text}."
