"""The form of a collection's records: its tables, and rows as values."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.documents import Document

from rag.errors import Corrupt
from rag.library.errors import DAMAGED
from rag.parsed import Run

FORMAT = "1"
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS roots (path TEXT PRIMARY KEY)",
    """CREATE TABLE IF NOT EXISTS sources (
        number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, root TEXT NOT NULL,
        stamp TEXT NOT NULL, hash TEXT NOT NULL, about TEXT NOT NULL, text BLOB, origin BLOB, reason TEXT
    )""",
    """CREATE TABLE IF NOT EXISTS chunks (
        id TEXT PRIMARY KEY, source INTEGER NOT NULL REFERENCES sources (number),
        position INTEGER NOT NULL, text TEXT NOT NULL, metadata TEXT NOT NULL
    )""",
    "CREATE INDEX IF NOT EXISTS chunks_of_source ON chunks (source, position)",
    # Chunks whose metadata beside their vector is of the state before.
    "CREATE TABLE IF NOT EXISTS moved (id TEXT PRIMARY KEY)",
)
RECORDS = (
    "SELECT name, root, stamp, hash, about, reason, "
    "(SELECT count(*) FROM chunks WHERE chunks.source = sources.number) FROM sources"
)
_ASKED = 500


@dataclass(frozen=True)
class Record:
    """A source as the collection knows it.

    Attributes:
        name: of the file, or of a document that was given.
        root: the path by which it was found; "" for one that was given.
        stamp: what tells an unchanged file without reading it; "" where that can't be told.
        hash: of its content and of how it's read, hexadecimal.
        about: plain values: its title, media type, pages, and what else it states of itself.
        reason: why it couldn't be read; None where it could.
        chunks: how many it has, where that was asked.
    """

    name: str
    root: str
    stamp: str
    hash: str
    about: Mapping[str, Any]
    reason: str | None = None
    chunks: int = 0


def record(row: Sequence[Any]) -> Record:
    """Returns a row of `RECORDS`.

    Raises:
        Corrupt: it isn't what was written.
    """
    name, root, stamp, digest, about, reason, chunks = row
    return Record(name, root, stamp, digest, decoded(about), reason, chunks)


def documents(connection: sqlite3.Connection, ids: Sequence[str]) -> Iterator[Document]:
    """Gives chunks by their ids, in any order; those that there aren't are left out.

    Raises:
        Corrupt: one isn't what was written.
    """
    for start in range(0, len(ids), _ASKED):
        part = list(ids[start : start + _ASKED])
        marks = ",".join("?" * len(part))
        rows = connection.execute(f"SELECT id, text, metadata FROM chunks WHERE id IN ({marks})", part)
        yield from [document(*row) for row in rows]


def document(one: str, text: str, metadata: str) -> Document:
    """Returns a chunk.

    Raises:
        Corrupt: it isn't what was written.
    """
    return Document(id=one, page_content=text, metadata=decoded(metadata))


def decoded(text: str) -> dict[str, Any]:
    """Returns the values that a column holds.

    Raises:
        Corrupt: it isn't what was written.
    """
    try:
        values = json.loads(text)
    except (ValueError, TypeError) as error:
        raise Corrupt(f"A record of the collection is damaged ({error}). {DAMAGED}") from error
    if not isinstance(values, dict):
        raise Corrupt(f"A record of the collection is damaged (it holds no values). {DAMAGED}")
    return values


def packed(text: str) -> bytes:
    """Returns a text for a column of its own."""
    return zlib.compress(text.encode(errors="surrogatepass"), 1)


def unpacked(column: bytes) -> str:
    """Returns the text that a column holds.

    Raises:
        Corrupt: it isn't what was written.
    """
    try:
        return zlib.decompress(column).decode(errors="surrogatepass")
    except (zlib.error, UnicodeDecodeError, TypeError) as error:
        raise Corrupt(f"A text of the collection is damaged ({error}). {DAMAGED}") from error


def packed_runs(runs: Sequence[Run]) -> bytes:
    """Returns the runs of an origin for a column of its own."""
    return packed(json.dumps([[run.start, run.length, run.source, run.source_length] for run in runs]))


def unpacked_runs(column: bytes) -> tuple[Run, ...]:
    """Returns the runs that a column holds.

    Raises:
        Corrupt: it isn't what was written.
    """
    text = unpacked(column)
    try:
        return tuple(Run(*values) for values in json.loads(text))
    except (ValueError, TypeError) as error:
        raise Corrupt(f"A record of the collection is damaged ({error}). {DAMAGED}") from error
