"""What chat models that run in this process have in common: their settings, limits, and ending early.

Contract: a subclass answers in `_generate` and `_stream`, which take an event `cancel` and end soon after it
is set. The asynchronous forms run these in a thread, and set it when nobody waits any more.
"""

from __future__ import annotations

import asyncio
import threading
from abc import ABC
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, final

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import run_in_executor
from pydantic import ConfigDict, Field
from typing_extensions import override

from homespun.errors import UsageError
from models.chat.answer import check_stop

# What LangChain or other callers pass along that has no meaning for a local model.
_IGNORED = frozenset(
    {"stream", "strict", "ls_structured_output_format", "structured_output_format", "user", "metadata"}
)
_OVERRIDES = frozenset({"model", "max_tokens", "timeout"})


class ChatLocal(BaseChatModel, ABC):
    """A chat model that runs in this process."""

    model_config = ConfigDict(arbitrary_types_allowed=True, populate_by_name=True)

    model: str
    """Its address."""
    temperature: float | None = None
    max_tokens: int | None = Field(default=None, alias="max_completion_tokens")
    """Most tokens of one answer."""
    stop: list[str] | None = Field(default=None, alias="stop_sequences")
    timeout: float | None = Field(default=None, alias="request_timeout")
    """Seconds that one answer may take, waiting included."""
    streaming: bool = False
    threads: int | None = None
    """Processor threads of one pass through the net; `None` leaves the choice to who runs it."""
    home: Path | None = None
    """The state folder whose `models/` is searched; by default the one in the settings."""

    @final
    def _value(self, overrides: Mapping[str, Any], name: str) -> Any:
        """What a call was given, else what this model was."""
        found = overrides.get(name)
        return getattr(self, name) if found is None else found

    @final
    def _refuse_unknown(self, overrides: Mapping[str, Any], known: frozenset[str]) -> None:
        """Refuse what is neither among `known` nor means anything to every local model.

        Raises:
            UsageError: The message names it.
        """
        if unknown := overrides.keys() - known - _OVERRIDES - _IGNORED:
            raise UsageError(f"{type(self).__name__} does not know {', '.join(sorted(unknown))}")

    @final
    def _limits(
        self, overrides: Mapping[str, Any], stop: Sequence[str] | None
    ) -> tuple[int | None, float | None, tuple[str, ...]]:
        """Most tokens, seconds and stop strings of one answer.

        Raises:
            UsageError: One makes no sense.
        """
        most, timeout = self._value(overrides, "max_tokens"), self._value(overrides, "timeout")
        if most is not None and most < 1:
            raise UsageError(f"max_tokens must be 1 or more, not {most}")
        if timeout is not None and timeout <= 0:
            raise UsageError(f"timeout must be above 0 seconds, not {timeout}")
        return most, timeout, check_stop((self.stop or ()) if stop is None else stop)

    @final
    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        cancel = threading.Event()
        try:
            return await run_in_executor(None, self._generate, messages, stop, None, cancel=cancel, **kwargs)
        except asyncio.CancelledError:
            # The thread cannot be killed; this ends it before its next pass.
            cancel.set()
            raise

    @final
    @override
    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        cancel = threading.Event()
        chunks = self._stream(messages, stop, None, cancel=cancel, **kwargs)
        try:
            while (chunk := await run_in_executor(None, next, chunks, None)) is not None:
                yield chunk
        finally:
            cancel.set()
            # A pass that still runs in its thread keeps the generator busy; the event ends it there.
            with suppress(ValueError):
                chunks.close()  # type: ignore[attr-defined]
