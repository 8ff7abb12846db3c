"""Rows of checkpoints: how they're found, listed, copied and removed; works for a `Database`.

Contract: a `Row` holds all that's needed to build a checkpoint without the file, so that building it doesn't
hold the file's thread.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import get_checkpoint_id

from graphs.sqlite import shelf

SCHEMA = """
CREATE TABLE IF NOT EXISTS checkpoint (
    thread_id TEXT NOT NULL, ns TEXT NOT NULL, id TEXT NOT NULL, parent TEXT, run_id TEXT,
    type TEXT NOT NULL, body BLOB NOT NULL, lists TEXT NOT NULL, metadata TEXT NOT NULL,
    PRIMARY KEY (thread_id, ns, id)
);
CREATE INDEX IF NOT EXISTS checkpoint_run ON checkpoint (run_id) WHERE run_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS pending (
    thread_id TEXT NOT NULL, ns TEXT NOT NULL, checkpoint_id TEXT NOT NULL, task_id TEXT NOT NULL,
    idx INTEGER NOT NULL, task_path TEXT NOT NULL, channel TEXT NOT NULL,
    type TEXT NOT NULL, body BLOB NOT NULL, lists TEXT NOT NULL,
    PRIMARY KEY (thread_id, ns, checkpoint_id, task_id, idx)
);
"""

_HEAD = "SELECT thread_id, ns, id, parent, type, body, lists, metadata FROM checkpoint"
_WRITES = (
    "SELECT task_id, channel, type, body, lists FROM pending "
    "WHERE thread_id = ? AND ns = ? AND checkpoint_id = ? ORDER BY task_path, task_id, idx"
)
VALUE = "value"
"""Names the list that is a write's value."""


@dataclass
class Row:
    """A checkpoint as it lies in the file, with its writes and the elements that they need."""

    head: tuple[str, str, str, str | None, str, bytes, str, str]
    writes: list[tuple[str, str, str, bytes, str]]
    raw: dict[int, tuple[str, bytes]]


def make(connection: sqlite3.Connection, schema: str) -> None:
    """Makes the tables and indexes that are missing."""
    for statement in filter(str.strip, schema.split(";")):
        connection.execute(statement)


def where(config: RunnableConfig) -> tuple[str, str]:
    """Returns the thread and the namespace that a configuration names."""
    return str(config["configurable"]["thread_id"]), str(config["configurable"].get("checkpoint_ns", ""))


def named(thread: str, ns: str, name: str | None) -> RunnableConfig:
    """Returns the configuration that names a checkpoint."""
    return {"configurable": {"thread_id": thread, "checkpoint_ns": ns, "checkpoint_id": name}}


def _whole(connection: sqlite3.Connection, head: Any, known: set[int] | None = None) -> Row:
    """A row with its writes and elements; those in `known` were read before and are added to."""
    thread, ns, name, *_ = head
    writes = connection.execute(_WRITES, (thread, ns, name)).fetchall()
    wanted = shelf.union(
        runs for text in (head[6], *(write[4] for write in writes)) for runs in json.loads(text).values()
    )
    if known is not None:
        fresh = [number for number in shelf.numbers(wanted) if number not in known]
        known.update(fresh)
        wanted = shelf.union([[[number, 1] for number in fresh]])
    return Row(head, writes, shelf.get(connection, thread, wanted))


def finder(config: RunnableConfig) -> Callable[[sqlite3.Connection], Row | None]:
    """Finds the checkpoint that a configuration names, or its thread's newest."""
    thread, ns = where(config)
    name = get_checkpoint_id(config)

    def work(connection: sqlite3.Connection) -> Row | None:
        if name:
            asked = connection.execute(
                f"{_HEAD} WHERE thread_id = ? AND ns = ? AND id = ?", (thread, ns, name)
            )
        else:
            asked = connection.execute(
                f"{_HEAD} WHERE thread_id = ? AND ns = ? ORDER BY id DESC LIMIT 1", (thread, ns)
            )
        head = asked.fetchone()
        return None if head is None else _whole(connection, head)

    return work


def lister(
    config: RunnableConfig | None,
    wanted: dict[str, Any] | None,
    before: RunnableConfig | None,
    limit: int | None,
) -> Callable[[sqlite3.Connection], list[Row]]:
    """Finds checkpoints, the newest first; see `BaseCheckpointSaver.list`."""
    tests: list[str] = []
    values: list[Any] = []
    if config is not None:
        given = config["configurable"]
        for column, key in (("thread_id", "thread_id"), ("ns", "checkpoint_ns"), ("id", "checkpoint_id")):
            if given.get(key) is not None:
                tests.append(f"{column} = ?")
                values.append(str(given[key]))
    if before is not None and (last := get_checkpoint_id(before)):
        tests.append("id < ?")
        values.append(last)
    where = f" WHERE {' AND '.join(tests)}" if tests else ""

    def work(connection: sqlite3.Connection) -> list[Row]:
        rows: list[Row] = []
        known: dict[str, set[int]] = {}
        for head in connection.execute(f"{_HEAD}{where} ORDER BY id DESC", values):
            if limit is not None and len(rows) >= limit:
                break
            about = json.loads(head[7])
            if all(about.get(key) == value for key, value in (wanted or {}).items()):
                rows.append(_whole(connection, head, known.setdefault(head[0], set())))
        return rows

    return work


def deleter(thread: str) -> Callable[[sqlite3.Connection], None]:
    """Removes all of a thread."""

    def work(connection: sqlite3.Connection) -> None:
        for table in ("checkpoint", "pending", "piece"):
            connection.execute(f"DELETE FROM {table} WHERE thread_id = ?", (str(thread),))

    return work


def copier(source: str, target: str) -> Callable[[sqlite3.Connection], None]:
    """Copies all of a thread to a name whose own rows are removed."""
    columns = {
        "checkpoint": "ns, id, parent, run_id, type, body, lists, metadata",
        "pending": "ns, checkpoint_id, task_id, idx, task_path, channel, type, body, lists",
        "piece": "number, hash, type, body",
    }

    def work(connection: sqlite3.Connection) -> None:
        if str(source) == str(target):
            return
        deleter(target)(connection)
        for table, names in columns.items():
            connection.execute(
                f"INSERT INTO {table} (thread_id, {names}) "
                f"SELECT ?, {names} FROM {table} WHERE thread_id = ?",
                (str(target), str(source)),
            )

    return work
