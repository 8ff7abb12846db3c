from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import ormsgpack
import pytest
from langgraph.checkpoint.sqlite import SqliteSaver

from graphs.chatbot import build
from graphs.persistence import open_async_checkpointer, open_checkpointer
from homespun.errors import HomespunError
from models import ChatScripted

ECHO = {"text": "yes", "repeat": True}


def test_the_file_is_in_write_ahead_mode_and_waits_for_others(saver: SqliteSaver) -> None:
    assert saver.conn.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert saver.conn.execute("PRAGMA busy_timeout").fetchone()[0] >= 5_000


def test_missing_folders_are_made(tmp_path: Path) -> None:
    with open_checkpointer(tmp_path / "a" / "b" / "state.sqlite"):
        pass
    assert (tmp_path / "a" / "b" / "state.sqlite").is_file()


def test_a_file_that_is_no_database_is_one_clear_line(state: Path) -> None:
    state.write_bytes(b"this is no database at all, but it is long enough to be looked at" * 20)
    before = state.read_bytes()
    with pytest.raises(HomespunError, match=r"state\.sqlite.*Move it away"), open_checkpointer(state):
        pass
    assert state.read_bytes() == before


async def test_the_async_saver_says_the_same(state: Path) -> None:
    state.write_bytes(b"no database" * 100)
    with pytest.raises(HomespunError, match="Move it away"):
        async with open_async_checkpointer(state):
            pass


def test_a_folder_in_its_place_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(HomespunError, match=r"Can't open .*rights"), open_checkpointer(tmp_path):
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


def test_two_processes_write_at_once(state: Path) -> None:
    code = (
        "import sys\nfrom graphs.chatbot import build\nfrom graphs.persistence import open_checkpointer\n"
        "from models import ChatScripted\n"
        "with open_checkpointer(sys.argv[1]) as saver:\n"
        "    graph = build(ChatScripted(script=[{'text': 'yes', 'repeat': True}]), checkpointer=saver)\n"
        "    for _ in range(15):\n"
        "        graph.invoke({'messages': [('user', 'hi')]}, {'configurable': {'thread_id': sys.argv[2]}})\n"
    )
    command = [sys.executable, "-c", code, str(state)]
    both = [subprocess.Popen([*command, name]) for name in ("a", "b")]
    assert [process.wait(60) for process in both] == [0, 0]
    with open_checkpointer(state) as saver:
        graph = build(ChatScripted(script=[ECHO]), checkpointer=saver)
        for name in ("a", "b"):
            held: Any = graph.get_state({"configurable": {"thread_id": name}})
            assert len(held.values["messages"]) == 30


def test_closing_closes_the_connection(state: Path) -> None:
    with open_checkpointer(state) as saver:
        pass
    with pytest.raises(sqlite3.ProgrammingError):
        saver.conn.execute("SELECT 1")
