"""`ChatScripted`: a chat model that plays a script, for tests, demonstrations and offline work on agents.

Turns are used in order, each once; a turn with `match` waits until the newest human message satisfies it,
one with `repeat` stays. When no turn fits, `on_end` decides: an error that says so, or the script from its
beginning. Tools can be bound and are not looked at: a script may call what does not exist, which is how
error handling is tested.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput, ModelProfile
from langchain_core.language_models.chat_models import agenerate_from_stream, generate_from_stream
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import PrivateAttr, model_validator
from typing_extensions import override

from homespun.errors import UsageError
from models.chat.answer import check_stop
from models.chat.messages import last_user_text, to_template
from models.chat.script import Turn, read_script, to_turns
from models.chat.tools import plan, to_tool
from models.inference.text import TextStream


class ChatScripted(BaseChatModel):
    """Plays `script`: a list of strings, AI messages, or dictionaries like `models.chat.script.Turn`.

    Example:
        ```python
        ChatScripted(script=["Hello!", {"tool_calls": [{"name": "add", "args": {"a": 1}}]}])
        ```

    Raises:
        UsageError: The script is not understood, or it has ended.
    """

    script: Any
    """A list; anything else is refused with a line that says so."""
    on_end: Literal["raise", "loop"] = "raise"
    model: str = "scripted"
    temperature: float | None = None
    max_tokens: int | None = None
    """Most words of one answer."""
    stop: list[str] | None = None
    streaming: bool = False

    _turns: list[Turn] = PrivateAttr(default_factory=list)
    _used: set[int] = PrivateAttr(default_factory=set)
    _lock: Any = PrivateAttr(default_factory=threading.Lock)

    @model_validator(mode="after")
    def _read(self) -> Self:
        self._turns = to_turns(self.script)
        return self

    @classmethod
    def from_file(cls, path: Path | str, **kwargs: Any) -> ChatScripted:
        """Play a JSON or YAML file; `UsageError` if it cannot be read as a script."""
        where = Path(path).expanduser()
        known = {key: value for key, value in kwargs.items() if key in cls.model_fields}
        return cls(**{**read_script(where), "model": f"scripted:{path}", **known})

    def restart(self) -> None:
        """Begin the script anew."""
        with self._lock:
            self._used.clear()

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | bool | dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Accept tools; they are checked for form and otherwise ignored."""
        plan(tools, tool_choice, None, None)
        return self.bind(tools=[to_tool(tool) for tool in tools], tool_choice=tool_choice, **kwargs)

    @property
    def _llm_type(self) -> str:
        return "homespun-scripted"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.model, "script": [turn.model_dump() for turn in self._turns]}

    def _resolve_model_profile(self) -> ModelProfile | None:
        return ModelProfile(name=self.model, max_input_tokens=100_000, tool_calling=True, tool_choice=True)

    def _next(self, messages: Sequence[BaseMessage]) -> Turn:
        to_template(messages)  # the same refusals as the real model's
        said = last_user_text(messages)
        with self._lock:
            for _ in range(2):
                for place, turn in enumerate(self._turns):
                    if place not in self._used and turn.fits(said):
                        if not turn.repeat:
                            self._used.add(place)
                        return turn
                if self.on_end == "raise":
                    break
                self._used.clear()
        raise UsageError(
            f"the script has no turn left for {said[:60]!r} ({len(self._used)} of {len(self._turns)} used): "
            "add a turn, or set on_end to loop"
        )

    def _play(
        self, messages: Sequence[BaseMessage], stop: Sequence[str] | None, kwargs: dict[str, Any]
    ) -> Iterator[tuple[float, ChatGenerationChunk | Exception]]:
        """What to wait before, and then give or raise."""
        turn = self._next(messages)
        limit = kwargs.get("max_tokens") or self.max_tokens
        text = TextStream(check_stop((self.stop or ()) if stop is None else stop))
        wait, given = turn.delay, 0
        if turn.error is not None and turn.error.after == 0:
            yield wait, turn.error.make()
        pieces = turn.pieces()
        for piece in pieces[:limit]:
            if shown := text.push(piece.encode()):
                yield wait, _chunk(AIMessageChunk(content=shown))
                wait, given = turn.token_delay, given + 1
            if turn.error is not None and turn.error.after == given:
                yield wait, turn.error.make()
            if text.stopped is not None:
                break
        if rest := text.finish():
            yield wait, _chunk(AIMessageChunk(content=rest))
            wait = turn.token_delay
        for index, call in enumerate(turn.tool_calls):
            name, ident = call.name, call.id or f"call_{uuid.uuid4().hex}"
            part = tool_call_chunk(name=name, args="", id=ident, index=index)
            yield wait, _chunk(AIMessageChunk(content="", tool_call_chunks=[part]))
            wait = turn.token_delay
            part = tool_call_chunk(args=json.dumps(call.args, ensure_ascii=False), index=index)
            yield wait, _chunk(AIMessageChunk(content="", tool_call_chunks=[part]))
        if turn.error is not None:
            yield wait, turn.error.make()
        cut = limit is not None and len(pieces) > limit and text.stopped is None
        reason = "length" if cut else "tool_calls" if turn.tool_calls else "stop"
        read, said = turn.usage or (sum(len(m.text.split()) for m in messages), len(pieces[:limit]))
        yield (
            0,
            _chunk(
                AIMessageChunk(
                    content="",
                    chunk_position="last",
                    usage_metadata=UsageMetadata(
                        input_tokens=read, output_tokens=said, total_tokens=read + said
                    ),
                    response_metadata={
                        "model_name": kwargs.get("model") or self.model,
                        "finish_reason": turn.finish_reason or reason,
                    },
                )
            ),
        )

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for wait, item in self._play(messages, stop, kwargs):
            time.sleep(wait)
            if isinstance(item, Exception):
                raise item
            yield item

    @override
    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for wait, item in self._play(messages, stop, kwargs):
            await asyncio.sleep(wait)
            if isinstance(item, Exception):
                raise item
            yield item

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, **kwargs))

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return await agenerate_from_stream(self._astream(messages, stop, **kwargs))


def _chunk(message: AIMessageChunk) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=message)
