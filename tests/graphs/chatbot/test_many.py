"""Many conversations at once in one process: none is lost or crossed, and a user's memories are theirs."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from langchain_core.embeddings import Embeddings
from langchain_core.messages import BaseMessage, HumanMessage

from graphs.chatbot import Context, build
from graphs.memories.book import Book
from graphs.persistence import State, open_state
from models import ChatScripted
from models.chat.script import Turn

THREADS, TURNS = 32, 6
USERS = [f"user {number}" for number in range(8)]


class Echo(ChatScripted):
    """Says which question it is of which threads, by all that it's shown of them, and the question itself."""

    def _next(self, messages: Sequence[BaseMessage]) -> Turn:
        questions = [message.text for message in messages if isinstance(message, HumanMessage)]
        marks = sorted({_mark(text) for text in questions})
        return Turn(text=f"{len(questions)} {marks} {questions[-1]}", token_delay=0.0005)


class Digests(Embeddings):
    """Vectors that mean nothing."""

    def embed_query(self, text: str) -> list[float]:
        return [byte - 127.5 for byte in blake2b(text.encode(), digest_size=8).digest()]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


def _mark(text: str) -> str:
    found = re.search(r"T\d+", text)
    assert found is not None, text
    return found[0]


def _user(thread: int) -> str:
    return USERS[thread % len(USERS)]


def _question(thread: int, turn: int) -> str:
    return f"The code of gate {turn} in T{thread} is {100 * thread + turn}."


def _called(thread: int, turn: int) -> tuple[Any, Any, Context]:
    asked = {"messages": [("user", _question(thread, turn))]}
    return asked, {"configurable": {"thread_id": f"T{thread}"}}, Context(user_id=_user(thread))


@pytest.fixture
def state(file: Path) -> Any:
    with open_state(file, index={"dims": 8, "embed": Digests(), "fields": ["text"]}) as opened:
        yield opened


@pytest.fixture
def graph(state: State) -> Any:
    return build(Echo(script=["?"]), checkpointer=state.saver, store=state.store)


def _check(state: State, graph: Any, recalled: dict[int, list[list[str]]]) -> None:
    for thread in range(THREADS):
        said = graph.get_state({"configurable": {"thread_id": f"T{thread}"}}).values["messages"]
        expected = []
        for turn in range(TURNS):
            question = _question(thread, turn)
            expected += [("human", question), ("ai", f"{turn + 1} ['T{thread}'] {question}")]
        assert [(message.type, message.text) for message in said] == expected
    told = {user: set[str]() for user in USERS}
    for thread in range(THREADS):
        told[_user(thread)] |= {_question(thread, turn) for turn in range(TURNS)}
    for user in USERS:
        kept = [memory.text for memory in Book(state.store, user).all()]
        assert set(kept) == told[user]
        assert len(kept) == len(told[user])
    for thread, turns in recalled.items():
        assert len(turns) == TURNS
        assert all(set(texts) <= told[_user(thread)] for texts in turns)
        assert all(turns[1:])  # by then the thread itself has told something


def _texts(values: Any) -> list[str]:
    return [noted["text"] for noted in values["recalled"]]


async def test_many_conversations_on_one_event_loop_stay_apart_and_leave_it_free(
    state: State, graph: Any, record_property: Callable[[str, object], None]
) -> None:
    loop, beats = asyncio.get_running_loop(), []

    async def beat() -> None:
        while True:
            beats.append(loop.time())
            await asyncio.sleep(0.01)

    async def talk(thread: int) -> list[list[str]]:
        turns = []
        for turn in range(TURNS):
            asked, config, context = _called(thread, turn)
            turns.append(_texts(await graph.ainvoke(asked, config, context=context, durability="sync")))
        return turns

    heart = asyncio.create_task(beat())
    recalled = dict(enumerate(await asyncio.gather(*(talk(thread) for thread in range(THREADS)))))
    heart.cancel()
    gaps = [after - before for before, after in itertools.pairwise(beats)]
    record_property("beats", len(beats))
    record_property("longest gap in s", round(max(gaps), 3))
    record_property("seconds", round(beats[-1] - beats[0], 3))
    # On average, not the longest: on a busy machine that one says little.
    assert sum(gaps) / len(gaps) < 0.25
    assert len(beats) > 10
    await asyncio.to_thread(_check, state, graph, recalled)


def test_many_conversations_in_threads_stay_apart(state: State, graph: Any) -> None:
    def talk(thread: int) -> list[list[str]]:
        turns = []
        for turn in range(TURNS):
            asked, config, context = _called(thread, turn)
            turns.append(_texts(graph.invoke(asked, config, context=context, durability="sync")))
        return turns

    with ThreadPoolExecutor(THREADS) as pool:
        recalled = dict(enumerate(pool.map(talk, range(THREADS))))
    _check(state, graph, recalled)
