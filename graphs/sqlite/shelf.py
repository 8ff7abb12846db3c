"""Lists of messages and documents, whose elements are stored once however many checkpoints hold them.

Contract: an element is known in its thread by the hash of its serialized form and has a number there. A list
is then a few runs of numbers: a thread of n messages takes space as n, not as n². Elements that nothing
refers to any more are removed by `sweep`.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.load.serializable import Serializable
from langgraph.checkpoint.serde.base import SerializerProtocol

SCHEMA = """
CREATE TABLE IF NOT EXISTS piece (
    thread_id TEXT NOT NULL, number INTEGER NOT NULL, hash TEXT NOT NULL,
    type TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (thread_id, number)
);
CREATE UNIQUE INDEX IF NOT EXISTS piece_hash ON piece (thread_id, hash);
"""

Piece = tuple[str, str, bytes]
"""Hash, type and body."""
Runs = list[list[int]]
"""First number and count of each run."""


def splits(value: Any) -> bool:
    """Whether a value is stored element by element."""
    return type(value) is list and bool(value) and all(isinstance(one, Serializable) for one in value)


def pieces(values: Iterable[Any], serde: SerializerProtocol) -> list[Piece]:
    """Returns the elements in serialized form."""
    found = []
    for value in values:
        kind, body = serde.dumps_typed(value)
        digest = hashlib.blake2b(body, digest_size=16, person=kind.encode()[:16]).hexdigest()
        found.append((digest, kind, body))
    return found


def put(connection: sqlite3.Connection, thread: str, found: Sequence[Piece]) -> Runs:
    """Stores what isn't there yet and returns the runs that stand for the list."""
    known = _numbers(connection, thread, found)
    fresh = {piece[0]: piece for piece in found if piece[0] not in known}
    if fresh:
        last = connection.execute("SELECT max(number) FROM piece WHERE thread_id = ?", (thread,)).fetchone()[
            0
        ]
        rows = [(thread, number, *piece) for number, piece in enumerate(fresh.values(), 1 + (last or 0))]
        connection.executemany("INSERT INTO piece VALUES (?, ?, ?, ?, ?)", rows)
        known |= {row[2]: row[1] for row in rows}
    return _runs([known[piece[0]] for piece in found])


def get(connection: sqlite3.Connection, thread: str, runs: Runs) -> dict[int, tuple[str, bytes]]:
    """Returns number → (type, body) for all that the runs name."""
    found: dict[int, tuple[str, bytes]] = {}
    for first, count in runs:
        rows = connection.execute(
            "SELECT number, type, body FROM piece WHERE thread_id = ? AND number BETWEEN ? AND ?",
            (thread, first, first + count - 1),
        )
        found.update((number, (kind, body)) for number, kind, body in rows)
    return found


def numbers(runs: Runs) -> list[int]:
    """Returns the numbers of all elements, in order."""
    return [number for first, count in runs for number in range(first, first + count)]


def union(many: Iterable[Runs]) -> Runs:
    """Returns runs that name each element of any of the lists once."""
    return _runs(sorted({number for runs in many for number in numbers(runs)}))


def sweep(connection: sqlite3.Connection, thread: str, kept: Iterable[str]) -> int:
    """Removes the elements that no list refers to.

    Args:
        connection: The open file.
        thread: Whose elements.
        kept: The lists that remain, as JSON of {name: runs}.

    Returns:
        How many were removed.
    """
    used = {number for text in kept for runs in json.loads(text).values() for number in numbers(runs)}
    there = connection.execute("SELECT number FROM piece WHERE thread_id = ?", (thread,)).fetchall()
    gone = [(thread, number) for (number,) in there if number not in used]
    connection.executemany("DELETE FROM piece WHERE thread_id = ? AND number = ?", gone)
    return len(gone)


def restored(
    runs: Mapping[str, Runs],
    raw: Mapping[int, tuple[str, bytes]],
    serde: SerializerProtocol,
    made: dict[int, Any],
) -> dict[str, list[Any]]:
    """Returns the lists by name.

    Args:
        runs: Runs by name.
        raw: What `get` gave for them.
        serde: Reads an element.
        made: Elements that were made already; those that are made now are added.
    """
    lists: dict[str, list[Any]] = {}
    for name, own in runs.items():
        for number in (found := numbers(own)):
            if number not in made:
                made[number] = serde.loads_typed(raw[number])
        lists[name] = [made[number] for number in found]
    return lists


def _numbers(connection: sqlite3.Connection, thread: str, found: Sequence[Piece]) -> dict[str, int]:
    rows = connection.execute(
        "SELECT hash, number FROM piece WHERE thread_id = ? AND hash IN (SELECT value FROM json_each(?))",
        (thread, json.dumps([piece[0] for piece in found])),
    )
    return dict(rows.fetchall())


def _runs(found: Sequence[int]) -> Runs:
    runs: Runs = []
    for number in found:
        if runs and number == runs[-1][0] + runs[-1][1]:
            runs[-1][1] += 1
        else:
            runs.append([number, 1])
    return runs
