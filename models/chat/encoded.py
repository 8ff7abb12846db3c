"""What chat models over the encoder have in common: an answer that's found whole, then given in pieces.

Contract: subclasses say who answers (`_open`) and what (`_reply`); streaming, usage, stop strings, limits,
time and cancelling are the same for all and done here. Nothing is drawn, so `temperature` and its like may be
given and change nothing. Usage counts the encoder's tokens: all that were read, and those of the answer. Time
and cancelling are looked at between passes through the net; who runs out of time gets a line that says so and
`finish_reason="deadline"`.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, final

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import ModelProfile
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr, model_validator
from typing_extensions import override

from models.chat.ending import EndedError, watch
from models.chat.local import ChatLocal
from models.encoders.trunk import Source, locate, open_trunk
from models.encoders.windows import Pieces, pieces
from models.inference.text import TextStream

OUT_OF_TIME = "There wasn't enough time to read all of it."
MOST_TOKENS = 100_000
"""What is told as the longest input: texts are read in windows, so only patience sets a limit."""
_WORDS = re.compile(r"\s*\S+\s*")
_SAMPLING = frozenset(
    {"temperature", "top_p", "top_k", "min_p", "repetition_penalty", "seed", "presence_penalty"}
)


@dataclass(frozen=True)
class Reply:
    """An answer.

    Attributes:
        text: What is said.
        read: How many tokens were read for it.
        metadata: For `response_metadata`.
        finish_reason: Why it ended, unless it's cut.
        annotations: What is noted about the text: LangChain's citations.
        calls: Name and arguments of each tool call.
    """

    text: str
    read: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)
    finish_reason: str = "stop"
    annotations: tuple[Mapping[str, Any], ...] = ()
    calls: tuple[tuple[str, Mapping[str, Any]], ...] = ()


class ChatEncoded(ChatLocal, ABC):
    """A chat model that answers by reading alone.

    Nothing is drawn: `temperature` is taken for the sake of callers. `max_tokens` cuts a text; a call is
    whole or not at all.
    """

    known: ClassVar[frozenset[str]] = frozenset()
    """What else a call may be given."""
    shaping: ClassVar[tuple[str, ...]] = ("home", "threads")
    """Fields that who answers is made from, besides the address."""

    _encoder: Source | None = PrivateAttr(default=None)
    _found: tuple[tuple[Any, ...], Any] | None = PrivateAttr(default=None)

    @abstractmethod
    def _open(self, name: str) -> Any:
        """Who answers under an address, found and not loaded; has a `fingerprint`.

        Raises:
            ModelNotFound: The address leads nowhere.
            CorruptWeights: A configuration cannot be read.
            UsageError: It is of another form, or a parameter is out of range.
        """

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

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._find(self.model)
        return self

    @final
    def _find(self, name: str) -> Any:
        """What `_open` gives; this model's own is kept."""
        # A copy may have been given another name or other values (`model_copy`).
        key = (name, *(getattr(self, field) for field in self.shaping))
        found = self._found
        if found is None or found[0] != key:
            found = key, self._open(name)
            if name == self.model:
                self._found = found
        return found[1]

    @property
    def _identifying_params(self) -> dict[str, Any]:
        own = {"max_tokens": self.max_tokens, "stop": self.stop, "timeout": self.timeout}
        return {"model": self.model, "fingerprint": self._find(self.model).fingerprint, **own}

    @final
    @override
    def _resolve_model_profile(self) -> ModelProfile | None:
        tools = "tools" in self.known
        return ModelProfile(
            name=self.model,
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

    def get_token_ids(self, text: str) -> list[int]:
        """Ids of a text as the encoder reads it, nothing cut off."""
        return list(self._pieces(text).ids)

    def _pieces(self, text: str) -> Pieces:
        if self._encoder is None:
            self._encoder = locate(home=self.home)
        return pieces(open_trunk(self._encoder).tokenizer, [text])[0]

    @final
    def _answered(
        self,
        messages: Sequence[BaseMessage],
        stop: Sequence[str] | None,
        cancel: threading.Event,
        overrides: Mapping[str, Any],
    ) -> _Answer:
        self._refuse_unknown(overrides, self.known | _SAMPLING)
        limit, timeout, ends = self._limits(overrides, stop)
        name = overrides.get("model") or self.model
        between = watch(cancel, timeout)
        try:
            given = {key: value for key, value in overrides.items() if key in self.known}
            reply = self._reply(name, messages, between, **given)
        except EndedError as ended:
            reply = Reply(OUT_OF_TIME, finish_reason=str(ended))
        return self._shown(reply, name, ends, limit)

    def _shown(self, reply: Reply, name: str, stop: Sequence[str], limit: int | None) -> _Answer:
        """What is given of a reply: up to a stop string, and not more than was asked for."""
        reason = reply.finish_reason
        if reply.calls:
            called = tuple(json.dumps(arguments, ensure_ascii=False) for _, arguments in reply.calls)
            usage = _usage(reply.read, sum(len(self._pieces(one).ids) for one in called))
            return _Answer(reply, [], called, {"model_name": name, "finish_reason": reason}, usage)
        text, spans = reply.text, self._pieces(reply.text).spans
        if limit is not None and len(spans) > limit:
            text, spans, reason = text[: spans[limit - 1][1]], spans[:limit], "length"
        stream, shown = TextStream(stop), []
        for word in _WORDS.findall(text):
            shown.append(stream.push(word.encode()))
            if stream.stopped is not None:
                spans, reason = self._pieces("".join(shown)).spans, "stop"
                break
        shown.append(stream.finish())
        metadata = {"model_name": name, "finish_reason": reason}
        return _Answer(reply, [word for word in shown if word], (), metadata, _usage(reply.read, len(spans)))

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


@dataclass(frozen=True)
class _Answer:
    reply: Reply
    words: list[str]
    called: tuple[str, ...]
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
        text = "".join(self.words)
        calls = [tool_call(name=name, args=dict(given), id=_call_id()) for name, given in self.reply.calls]
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
        for number, ((name, _), called) in enumerate(zip(self.reply.calls, self.called, strict=True)):
            part = tool_call_chunk(name=name, args="", id=_call_id(), index=number)
            yield AIMessageChunk(content="", tool_call_chunks=[part])
            for word in _WORDS.findall(called):
                part = tool_call_chunk(args=word, index=number)
                yield AIMessageChunk(content="", tool_call_chunks=[part])
        last: Any = [{"type": "text", "text": "", "annotations": self.notes, "index": 0}] if noted else ""
        yield AIMessageChunk(
            content=last,
            chunk_position="last",
            usage_metadata=self.usage,
            response_metadata={**self.reply.metadata, **self.metadata},
        )


def _usage(read: int, said: int) -> UsageMetadata:
    return UsageMetadata(input_tokens=read, output_tokens=said, total_tokens=read + said)


def _call_id() -> str:
    return f"call_{uuid.uuid4().hex}"
