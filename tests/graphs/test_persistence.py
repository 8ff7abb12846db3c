from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import ormsgpack
import pytest
from langgraph.checkpoint.sqlite import SqliteSaver as Stock

from graphs.chatbot import build
from graphs.persistence import State, open_state
from graphs.sqlite.saver import SqliteSaver
from homespun.errors import HomespunError
from models import ChatScripted

ECHO = {"text": "yes", "repeat": True}


def test_the_file_is_in_write_ahead_mode_and_waits_for_others(saver: SqliteSaver) -> None:
    def ask(pragma: str) -> Any:
        return saver.database.run(lambda c: c.execute(f"PRAGMA {pragma}").fetchone()[0], writes=False)

    assert ask("journal_mode") == "wal"
    assert ask("busy_timeout") >= 5_000


def test_missing_folders_are_made(tmp_path: Path) -> None:
    with open_state(tmp_path / "a" / "b" / "state.sqlite"):
        pass
    assert (tmp_path / "a" / "b" / "state.sqlite").is_file()


def test_a_file_that_is_no_database_is_one_clear_line(file: Path) -> None:
    file.write_bytes(b"this is no database at all, but it is long enough to be looked at" * 20)
    before = file.read_bytes()
    with pytest.raises(HomespunError, match=r"state\.sqlite.*Move it away"), open_state(file):
        pass
    assert file.read_bytes() == before


def test_a_folder_in_its_place_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(HomespunError, match=r"Can't open .*rights"), open_state(tmp_path):
        pass


def test_foreign_types_in_the_file_are_never_imported(saver: SqliteSaver, tmp_path: Path) -> None:
    # How LangGraph writes an object: (module, class, positional arguments) in an extension type.
    mark = tmp_path / "mark"
    payload = ormsgpack.packb(("os", "system", f"touch {mark}"))
    evil = ormsgpack.packb(ormsgpack.Ext(1, payload))
    loaded = saver.serde.loads_typed(("msgpack", evil))
    assert not mark.exists()
    assert loaded == f"touch {mark}"


def test_several_threads_of_a_server_share_one_saver(saver: SqliteSaver) -> None:
    graph = build(ChatScripted(script=[ECHO]), checkpointer=saver)
    failures: list[BaseException] = []

    def talk(name: str) -> None:
        try:
            for _ in range(4):
                graph.invoke({"messages": [("user", "hi")]}, {"configurable": {"thread_id": name}})
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=talk, args=(f"t{i}",)) for i in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    for i in range(6):
        held: Any = graph.get_state({"configurable": {"thread_id": f"t{i}"}})
        assert len(held.values["messages"]) == 8


def test_two_processes_write_at_once(file: Path) -> None:
    code = (
        "import sys\nfrom graphs.chatbot import build\nfrom graphs.persistence import open_state\n"
        "from models import ChatScripted\n"
        "with open_state(sys.argv[1]) as state:\n"
        "    model = ChatScripted(script=[{'text': 'yes', 'repeat': True}])\n"
        "    graph = build(model, checkpointer=state.saver)\n"
        "    for _ in range(15):\n"
        "        graph.invoke({'messages': [('user', 'hi')]}, {'configurable': {'thread_id': sys.argv[2]}})\n"
    )
    command = [sys.executable, "-c", code, str(file)]
    both = [subprocess.Popen([*command, name]) for name in ("a", "b")]
    assert [process.wait(60) for process in both] == [0, 0]
    with open_state(file) as state:
        graph = build(ChatScripted(script=[ECHO]), checkpointer=state.saver)
        for name in ("a", "b"):
            held: Any = graph.get_state({"configurable": {"thread_id": name}})
            assert len(held.values["messages"]) == 30


def test_closing_closes_the_connection(file: Path) -> None:
    with open_state(file) as state:
        pass
    with pytest.raises(sqlite3.ProgrammingError):
        state.saver.get_tuple({"configurable": {"thread_id": "t"}})


def test_a_file_of_langgraphs_own_checkpointer_is_taken_over(file: Path, thread: Any) -> None:
    # Its last turn was cut off in the middle: the question is there, and an answer that was written.
    with sqlite3.connect(file, check_same_thread=False) as connection:
        stock = build(ChatScripted(script=["one", "two", "three four"]), checkpointer=Stock(connection))
        for question in ("a", "b"):
            stock.invoke({"messages": [("user", question)]}, thread)
        stream = stock.stream(
            {"messages": [("user", "c")]}, thread, stream_mode="messages", durability="sync"
        )
        next(iter(stream))
        stream.close()
        before = [(s.config, s.values, s.next, s.tasks) for s in stock.get_state_history(thread)]
    connection.close()
    with open_state(file) as state:
        graph = build(ChatScripted(script=["five"]), checkpointer=state.saver)
        assert [(s.config, s.values, s.next, s.tasks) for s in graph.get_state_history(thread)] == before
        graph.invoke({"messages": [("user", "d")]}, thread)
    with open_state(file) as state:  # once
        graph = build(ChatScripted(script=["five"]), checkpointer=state.saver)
        assert [m.text for m in graph.get_state(thread).values["messages"]][-2:] == ["d", "five"]


def test_the_store_lies_in_the_same_file(state: State, file: Path) -> None:
    state.store.put(("a",), "k", {"v": 1})
    with open_state(file) as other:
        item = other.store.get(("a",), "k")
    assert item is not None
    assert item.value == {"v": 1}


def test_the_file_is_its_owners_alone(state: State, file: Path) -> None:
    state.store.put(("a",), "k", {"v": 1})
    assert {path.stat().st_mode & 0o777 for path in file.parent.glob("state.sqlite*")} == {0o600}
