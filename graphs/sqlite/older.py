"""Threads of a file that LangGraph's own SQLite checkpointer wrote, taken over into our tables.

Contract: all or nothing; a file without such tables is left as it is.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any, cast

from langgraph.checkpoint.base import Checkpoint, CheckpointMetadata

from graphs.sqlite import rows
from graphs.sqlite.saver import SqliteSaver


def take_over(saver: SqliteSaver) -> int:
    """Moves the checkpoints and writes into the saver's tables and removes the old ones.

    Returns:
        How many checkpoints were moved.
    """
    if not saver.database.run(_columns, writes=False):
        return 0
    return saver.database.run(lambda connection: _move(connection, saver))


def _columns(connection: sqlite3.Connection) -> set[str]:
    return {row[1] for row in connection.execute("PRAGMA table_info(checkpoints)")}


def _move(connection: sqlite3.Connection, saver: SqliteSaver) -> int:
    if "checkpoint_ns" not in _columns(connection):  # another process was faster, or it's something else
        return 0
    moved = 0
    for thread, ns, name, parent, kind, body, metadata in connection.execute(
        "SELECT thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata "
        "FROM checkpoints ORDER BY checkpoint_id"
    ).fetchall():
        checkpoint = cast(Checkpoint, saver.serde.loads_typed((kind, body)))
        about = cast(CheckpointMetadata, json.loads(metadata) if metadata else {})
        config: Any = rows.named(thread, ns, parent)
        saver.putting(config, checkpoint, about)(connection)
        moved += 1
        for (task,) in connection.execute(
            "SELECT DISTINCT task_id FROM writes "
            "WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ?",
            (thread, ns, name),
        ).fetchall():
            _move_writes(connection, saver, (thread, ns, name, task))
    connection.execute("DROP TABLE checkpoints")
    connection.execute("DROP TABLE writes")
    return moved


def _move_writes(
    connection: sqlite3.Connection, saver: SqliteSaver, where: tuple[str, str, str, str]
) -> None:
    paths = any(row[1] == "task_path" for row in connection.execute("PRAGMA table_info(writes)"))
    found = connection.execute(
        f"SELECT idx, channel, type, value, {'task_path' if paths else repr('')} FROM writes "
        "WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ? AND task_id = ? ORDER BY idx",
        where,
    ).fetchall()
    thread, ns, name, task = where
    for place, channel, kind, value, path in found:
        written = [(place, channel, saver.serde.loads_typed((kind, value)))]
        saver.writing(rows.named(thread, ns, name), written, task, path or "")(connection)
