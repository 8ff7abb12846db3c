"""What chat models over the encoder have in common: an answer that's found whole, then given in pieces.

Contract: subclasses say what the answer is (`_reply`); streaming, usage, stop strings, limits, time and
cancelling are the same for all and done here. Nothing is drawn, so `temperature` and its like may be given
and change nothing. Usage counts the encoder's tokens: all that were read, and those of the answer. Time and
cancelling are looked at between passes through the net; who runs out of time gets a line that says so and
`finish_reason="deadline"`.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, final

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, ModelProfile
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import run_in_executor
from pydantic import ConfigDict, Field, PrivateAttr
from typing_extensions import override

from homespun.errors import UsageError
from models.chat.answer import check_stop
from models.encoders.trunk import Source, locate, open_trunk
from models.inference.text import TextStream

OUT_OF_TIME = "There wasn't enough time to read all of it."
MOST_TOKENS = 100_000
"""What is told as the longest input: texts are read in windows, so only patience sets a limit."""
_WORDS = re.compile(r"\s*\S+\s*")
_SAMPLING = frozenset(
    {"temperature", "top_p", "top_k", "min_p", "repetition_penalty", "seed", "presence_penalty"}
)
# What LangChain or other callers pass along that has no meaning for a local model.
_IGNORED = frozenset(
    {"stream", "strict", "ls_structured_output_format", "structured_output_format", "user", "metadata"}
)
_OVERRIDES = frozenset({"model", "max_tokens", "timeout"})


@dataclass(frozen=True)
class Reply:
    """An answer.

    Attributes:
        text: What is said.
        read: How many tokens were read for it.
        metadata: For `response_metadata`.
        finish_reason: Why it ended, unless it's cut.
        annotations: What is noted about the text: LangChain's citations.
        call: Name and arguments of a tool call.
    """

    text: str
    read: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)
    finish_reason: str = "stop"
    annotations: tuple[Mapping[str, Any], ...] = ()
    call: tuple[str, Mapping[str, Any]] | None = None


class EndedError(Exception):
    """No more passes: out of time, or nobody wants the answer. The argument is the reason."""


class ChatEncoded(BaseChatModel, ABC):
    """A chat model that answers by reading alone."""

    model_config = ConfigDict(arbitrary_types_allowed=True, populate_by_name=True)

    known: ClassVar[frozenset[str]] = frozenset()
    """What else a call may be given."""

    model: str
    """Its address."""
    temperature: float | None = None
    """Taken for the sake of callers; nothing is drawn."""
    max_tokens: int | None = Field(default=None, alias="max_completion_tokens")
    """Most tokens of a text; a call is whole or not at all."""
    stop: list[str] | None = Field(default=None, alias="stop_sequences")
    timeout: float | None = Field(default=None, alias="request_timeout")
    """Seconds that one answer may take."""
    streaming: bool = False
    threads: int | None = None
    """Processor threads of one pass through the net; `None` leaves torch's setting."""
    home: Path | None = None
    """The state folder whose `models/` is searched; by default the one in the settings."""

    _encoder: Source | None = PrivateAttr(default=None)

    @abstractmethod
    def _reply(
        self, name: str, messages: Sequence[BaseMessage], between: Callable[[], None], **given: Any
    ) -> Reply:
        """The whole answer of the model of this address.

        Args:
            name: An address, maybe another than this model's.
            messages: The conversation.
            between: To be called between passes; it raises `EndedError`.
            **given: Those of `known` that the call was given.
        """

    def get_token_ids(self, text: str) -> list[int]:
        """Ids of a text as the encoder reads it, nothing cut off."""
        return [number for number, _, _ in self._pieces(text)]

    def _pieces(self, text: str) -> list[tuple[int, int, int]]:
        """Tokens of a text: id, first character, behind the last one."""
        if self._encoder is None:
            self._encoder = locate(home=self.home)
        row = open_trunk(self._encoder).tokenizer.encode(text, add_special_tokens=False)
        rows = [row, *row.overflowing]
        return [(i, a, b) for one in rows for i, (a, b) in zip(one.ids, one.offsets, strict=True)]

    @final
    def _answered(
        self,
        messages: Sequence[BaseMessage],
        stop: Sequence[str] | None,
        cancel: threading.Event,
        overrides: Mapping[str, Any],
    ) -> _Answer:
        kind = type(self).__name__
        if unknown := overrides.keys() - self.known - _OVERRIDES - _IGNORED - _SAMPLING:
            raise UsageError(f"{kind} does not know {', '.join(sorted(unknown))}")
        limit, timeout = (
            getattr(self, name) if overrides.get(name) is None else overrides[name]
            for name in ("max_tokens", "timeout")
        )
        if limit is not None and limit < 1:
            raise UsageError(f"max_tokens must be 1 or more, not {limit}")
        if timeout is not None and timeout <= 0:
            raise UsageError(f"timeout must be above 0 seconds, not {timeout}")
        ends = check_stop((self.stop or ()) if stop is None else stop)
        name = overrides.get("model") or self.model
        until = None if timeout is None else time.monotonic() + timeout

        def between() -> None:
            if cancel.is_set():
                raise EndedError("cancelled")
            if until is not None and time.monotonic() >= until:
                raise EndedError("deadline")

        try:
            given = {key: value for key, value in overrides.items() if key in self.known}
            reply = self._reply(name, messages, between, **given)
        except EndedError as ended:
            reply = Reply(OUT_OF_TIME, finish_reason=str(ended))
        return self._shown(reply, name, ends, limit)

    def _shown(self, reply: Reply, name: str, stop: Sequence[str], limit: int | None) -> _Answer:
        """What is given of a reply: up to a stop string, and not more than was asked for."""
        reason = reply.finish_reason
        if reply.call is not None:
            called = json.dumps(reply.call[1], ensure_ascii=False)
            usage = _usage(reply.read, len(self._pieces(called)))
            return _Answer(reply, [], called, {"model_name": name, "finish_reason": reason}, usage)
        text, pieces = reply.text, self._pieces(reply.text)
        if limit is not None and len(pieces) > limit:
            text, pieces, reason = text[: pieces[limit - 1][2]], pieces[:limit], "length"
        stream, shown = TextStream(stop), []
        for word in _WORDS.findall(text):
            shown.append(stream.push(word.encode()))
            if stream.stopped is not None:
                pieces, reason = self._pieces("".join(shown)), "stop"
                break
        shown.append(stream.finish())
        metadata = {"model_name": name, "finish_reason": reason}
        return _Answer(reply, [word for word in shown if word], "", metadata, _usage(reply.read, len(pieces)))

    @final
    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        cancel: threading.Event | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        answer = self._answered(messages, stop, cancel or threading.Event(), kwargs)
        return ChatResult(generations=[ChatGeneration(message=answer.message())])

    @final
    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        cancel: threading.Event | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        cancel = cancel or threading.Event()
        for chunk in self._answered(messages, stop, cancel, kwargs).chunks():
            yield ChatGenerationChunk(message=chunk)

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


@dataclass(frozen=True)
class _Answer:
    reply: Reply
    words: list[str]
    called: str
    metadata: dict[str, Any]
    usage: UsageMetadata

    @property
    def notes(self) -> list[dict[str, Any]]:
        """Annotations, told where the shown text ends."""
        length = len("".join(self.words))
        notes = [dict(note) for note in self.reply.annotations]
        for note in notes:
            note["end_index"] = min(note.get("end_index", length), length)
        return notes

    def message(self) -> AIMessage:
        text, calls = "".join(self.words), []
        if self.reply.call is not None:
            name, arguments = self.reply.call
            calls = [tool_call(name=name, args=dict(arguments), id=_call_id())]
        content: Any = text
        if self.reply.annotations:
            content = [{"type": "text", "text": text, "annotations": self.notes}]
        return AIMessage(
            content=content,
            tool_calls=calls,
            usage_metadata=self.usage,
            response_metadata={**self.reply.metadata, **self.metadata},
        )

    def chunks(self) -> Iterator[AIMessageChunk]:
        noted = bool(self.reply.annotations)
        for word in self.words:
            yield AIMessageChunk(content=[{"type": "text", "text": word, "index": 0}] if noted else word)
        if self.reply.call is not None:
            part = tool_call_chunk(name=self.reply.call[0], args="", id=_call_id(), index=0)
            yield AIMessageChunk(content="", tool_call_chunks=[part])
            for word in _WORDS.findall(self.called):
                part = tool_call_chunk(args=word, index=0)
                yield AIMessageChunk(content="", tool_call_chunks=[part])
        last: Any = [{"type": "text", "text": "", "annotations": self.notes, "index": 0}] if noted else ""
        yield AIMessageChunk(
            content=last,
            chunk_position="last",
            usage_metadata=self.usage,
            response_metadata={**self.reply.metadata, **self.metadata},
        )


def profile(name: str, tools: bool = False) -> ModelProfile:
    """What chat models over the encoder take and give."""
    return ModelProfile(
        name=name,
        open_weights=True,
        max_input_tokens=MOST_TOKENS,
        text_inputs=True,
        image_inputs=False,
        audio_inputs=False,
        video_inputs=False,
        pdf_inputs=False,
        text_outputs=True,
        reasoning_output=False,
        tool_calling=tools,
        tool_choice=tools,
        tool_call_streaming=tools,
        structured_output=False,
        attachment=False,
        temperature=False,
    )


def _usage(read: int, said: int) -> UsageMetadata:
    return UsageMetadata(input_tokens=read, output_tokens=said, total_tokens=read + said)


def _call_id() -> str:
    return f"call_{uuid.uuid4().hex}"
