from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from graphs.chatbot import Context, build, keep_partial, rephrase, rewind, settle, undo
from graphs.memories.book import Book
from graphs.persistence import State, open_state
from graphs.sqlite.saver import SqliteSaver
from models import ChatScripted


def _ask(text: str) -> Any:
    return {"messages": [("user", text)]}


def _texts(graph: Any, thread: Any) -> list[str]:
    return [m.text for m in graph.get_state(thread).values.get("messages", [])]


def test_a_stopped_answer_is_kept_as_far_as_it_was_seen(saver: SqliteSaver, thread: Any) -> None:
    graph = build(ChatScripted(script=["one two three", "next"]), checkpointer=saver)
    stream = graph.stream(_ask("go"), thread, stream_mode="messages", durability="sync")
    first = next(iter(stream))[0].text
    stream.close()
    assert keep_partial(graph, thread, first)
    last = graph.get_state(thread).values["messages"][-1]
    assert (last.text, last.response_metadata) == ("one", {"finish_reason": "cancelled"})
    assert graph.get_state(thread).next == ()
    graph.invoke(_ask("and"), thread)
    assert _texts(graph, thread) == ["go", "one", "and", "next"]


def test_keeping_an_answer_that_ended_changes_nothing(saver: SqliteSaver, thread: Any) -> None:
    graph = build(ChatScripted(script=["whole answer"]), checkpointer=saver)
    graph.invoke(_ask("go"), thread)
    assert not keep_partial(graph, thread, "whole")
    assert not keep_partial(graph, {"configurable": {"thread_id": "empty"}}, "x")
    assert _texts(graph, thread) == ["go", "whole answer"]


async def test_a_cancelled_task_keeps_its_part(saver: SqliteSaver, thread: Any) -> None:
    model = ChatScripted(script=[{"text": "one two three", "token_delay": 0.2}, "next"])
    graph = build(model, checkpointer=saver)
    seen: list[str] = []
    begun = asyncio.Event()

    async def read() -> None:
        async for chunk, _ in graph.astream(_ask("go"), thread, stream_mode="messages", durability="sync"):
            seen.append(chunk.text)
            begun.set()

    task = asyncio.create_task(read())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(keep_partial, graph, thread, "".join(seen))
    assert not await asyncio.to_thread(keep_partial, graph, thread, "again")
    await graph.ainvoke(_ask("and"), thread)
    texts = [m.text for m in (await graph.aget_state(thread)).values["messages"]]
    assert texts == ["go", "one", "and", "next"]


def test_undo_takes_the_last_exchange_back(saver: SqliteSaver, thread: Any) -> None:
    graph = build(ChatScripted(script=["1", "2", "3"]), checkpointer=saver)
    graph.invoke(_ask("a"), thread)
    graph.invoke(_ask("b"), thread)
    assert undo(graph, thread) == "b"
    assert _texts(graph, thread) == ["a", "1"]
    assert graph.get_state(thread).next == ()
    assert undo(graph, thread) == "a"
    assert undo(graph, thread) is None
    graph.invoke(_ask("c"), thread)
    assert _texts(graph, thread) == ["c", "3"]


def test_rewind_answers_the_last_question_anew(saver: SqliteSaver, thread: Any) -> None:
    graph = build(ChatScripted(script=["1", "2", "better", "on"]), checkpointer=saver)
    assert not rewind(graph, thread)
    graph.invoke(_ask("a"), thread)
    graph.invoke(_ask("b"), thread)
    assert rewind(graph, thread)
    graph.invoke(None, thread)
    assert _texts(graph, thread) == ["a", "1", "b", "better"]
    graph.invoke(_ask("c"), thread)
    assert _texts(graph, thread) == ["a", "1", "b", "better", "c", "on"]


def test_an_earlier_answer_is_given_anew_and_what_followed_is_left_behind(
    saver: SqliteSaver, thread: Any
) -> None:
    graph = build(ChatScripted(script=["1", "2", "other", "x"]), checkpointer=saver)
    graph.invoke(_ask("a"), thread)
    graph.invoke(_ask("b"), thread)
    first = graph.get_state(thread).values["messages"][1]
    assert rewind(graph, thread, first.id)
    graph.invoke(None, thread)
    assert _texts(graph, thread) == ["a", "other"]
    assert not rewind(graph, thread, "nobody")


def test_an_earlier_question_is_asked_otherwise(saver: SqliteSaver, thread: Any) -> None:
    graph = build(ChatScripted(script=["1", "2", "other"]), checkpointer=saver)
    graph.invoke(_ask("a"), thread)
    graph.invoke(_ask("b"), thread)
    asked = graph.get_state(thread).values["messages"][0]
    assert rephrase(graph, thread, asked.id, "A")
    graph.invoke(None, thread)
    assert _texts(graph, thread) == ["A", "other"]
    assert not rephrase(graph, thread, asked.id, "gone")


def test_a_stopped_turn_is_remembered_for_its_own_user_and_for_nobody_without_one(
    state: State, thread: Any
) -> None:
    graph = build(ChatScripted(script=["one two", "one two"]), checkpointer=state.saver, store=state.store)
    for user, context in (("ada", Context(user_id="ada")), ("bob", None)):
        stream = graph.stream(
            _ask(f"I live in {user}ville."), thread, stream_mode="messages", durability="sync",
            context=Context(user_id=user),
        )  # fmt: skip
        next(iter(stream))
        stream.close()
        assert keep_partial(graph, thread, "one", context)
        assert graph.get_state(thread).next == ()
    assert [memory.text for memory in Book(state.store, "ada").all()] == ["I live in adaville."]
    assert Book(state.store, "bob").all() == []
    assert Book(state.store, "local").all() == []


def test_settling_keeps_a_question_that_was_taken_in_but_not_joined(
    saver: SqliteSaver, thread: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    put, calls = saver.put, []

    def once(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) > 1:
            raise Killed
        return put(*arguments)

    def never(*_: Any) -> None:
        raise Killed

    graph = build(ChatScripted(script=["next", "last"]), checkpointer=saver)
    for question in ("go", "on"):
        calls.clear()
        monkeypatch.setattr(saver, "put", once)
        monkeypatch.setattr(saver, "put_writes", never)
        with pytest.raises(Killed):
            graph.invoke(_ask(question), thread, durability="sync")
        monkeypatch.undo()
        assert question not in _texts(graph, thread)
        assert settle(graph, thread)
        assert _texts(graph, thread)[-2:] == [question, ""]
    graph.invoke(_ask("and"), thread)
    assert _texts(graph, thread)[-2:] == ["and", "next"]


def test_settling_takes_over_an_answer_that_was_written_but_not_joined(
    saver: SqliteSaver, thread: Any
) -> None:
    graph = build(ChatScripted(script=["one two", "next"]), checkpointer=saver)
    stream = graph.stream(_ask("go"), thread, stream_mode="messages", durability="sync")
    next(iter(stream))
    stream.close()  # waits for the node, whose answer is then a pending write
    assert settle(graph, thread)
    assert not settle(graph, thread)
    graph.invoke(_ask("and"), thread)
    assert _texts(graph, thread) == ["go", "one two", "and", "next"]


def test_a_killed_process_loses_no_question(file: Path, thread: Any) -> None:
    code = (
        "import sys\nfrom graphs.chatbot import build\nfrom graphs.persistence import open_state\n"
        "from models import ChatScripted\n"
        "with open_state(sys.argv[1]) as state:\n"
        "    model = ChatScripted(script=['one', {'text': 'a b c', 'token_delay': 60}])\n"
        "    graph = build(model, checkpointer=state.saver)\n"
        "    config = {'configurable': {'thread_id': 't'}}\n"
        "    graph.invoke({'messages': [('user', 'first')]}, config)\n"
        "    for chunk, _ in graph.stream({'messages': [('user', 'second')]}, config,\n"
        "                                 stream_mode='messages', durability='sync'):\n"
        "        print(chunk.text, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"a\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with open_state(file) as state:
        graph = build(ChatScripted(script=["third"]), checkpointer=state.saver)
        assert _texts(graph, thread) == ["first", "one", "second"]
        assert settle(graph, thread)
        graph.invoke(_ask("go on"), thread)
        assert _texts(graph, thread) == ["first", "one", "second", "", "go on", "third"]


def test_an_answer_that_comes_late_does_not_stand_twice(saver: SqliteSaver, thread: Any) -> None:
    model = ChatScripted(script=[{"text": "one two", "token_delay": 0.3}])
    graph = build(model, checkpointer=saver)
    shown = threading.Event()

    def run() -> None:
        for _ in graph.stream(_ask("go"), thread, stream_mode="messages", durability="sync"):
            shown.set()

    worker = threading.Thread(target=run)
    worker.start()
    shown.wait(10)
    keep_partial(graph, thread, "one")
    worker.join()
    assert _texts(graph, thread) in (["go", "one"], ["go", "one two"])
