"""Local chat models: what a call may be given, and that who stops waiting ends the work in its thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from homespun.errors import UsageError
from models.chat.local import ChatLocal

PATIENCE = 20.0


class Slow(ChatLocal):
    """Says one word, and the next only when it's told to end."""

    model: str = "slow"
    ended: Any = None
    begun: Any = None

    @property
    def _llm_type(self) -> str:
        return "slow"

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **given: Any
    ) -> ChatResult:
        self.begun.set()
        if given["cancel"].wait(PATIENCE):
            self.ended.set()
        return ChatResult(generations=[ChatGeneration(message=AIMessage("late"))])

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **given: Any
    ) -> Iterator[ChatGenerationChunk]:
        yield ChatGenerationChunk(message=AIMessageChunk(content="early"))
        self.begun.set()
        if given["cancel"].wait(PATIENCE):
            self.ended.set()


@pytest.fixture
def slow() -> Slow:
    return Slow(ended=threading.Event(), begun=threading.Event())


async def test_an_answer_that_nobody_waits_for_ends(slow: Slow) -> None:
    task = asyncio.create_task(slow.ainvoke("Hello"))
    assert await asyncio.to_thread(slow.begun.wait, PATIENCE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(slow.ended.wait, PATIENCE)


async def test_a_stream_that_nobody_reads_on_ends(slow: Slow) -> None:
    async def read() -> None:
        async for _ in slow.astream("Hello"):
            pass

    task = asyncio.create_task(read())
    assert await asyncio.to_thread(slow.begun.wait, PATIENCE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(slow.ended.wait, PATIENCE)


def test_limits_are_the_calls_else_the_models() -> None:
    model = Slow(max_completion_tokens=3, request_timeout=2.0, stop_sequences=["x"])
    assert model._limits({}, None) == (3, 2.0, ("x",))
    assert model._limits({"max_tokens": 4, "timeout": 1.0}, []) == (4, 1.0, ())
    for wrong in ({"max_tokens": 0}, {"timeout": 0}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            model._limits(wrong, None)
    with pytest.raises(UsageError, match="stop"):
        model._limits({}, [""])


def test_what_it_does_not_know_is_refused_by_name() -> None:
    model = Slow()
    model._refuse_unknown({"stream": True, "model": "other", "mine": 1}, frozenset({"mine"}))
    with pytest.raises(UsageError, match="Slow does not know luck, wit"):
        model._refuse_unknown({"wit": 1, "luck": 2}, frozenset())
