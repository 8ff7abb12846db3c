"""An open transaction of a collection's records."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from langchain_core.documents import Document

from rag.errors import clear_errors
from rag.library.errors import DAMAGED
from rag.library.records import Record, documents, packed, packed_runs
from rag.parsed import Run


class Change:
    """What can be changed. All of it shows at once, when the transaction ends.

    Every method raises what `rag.errors.clear_errors` says.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path

    def put_source(self, record: Record, text: str, runs: Sequence[Run] = ()) -> int:
        """Adds or replaces a source, without its chunks; returns its number."""
        about = json.dumps(dict(record.about))
        self._run(
            "INSERT INTO sources (name, root, stamp, hash, about, text, origin, reason) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET root = excluded.root, "
            "stamp = excluded.stamp, hash = excluded.hash, about = excluded.about, text = excluded.text, "
            "origin = excluded.origin, reason = excluded.reason",
            record.name,
            record.root,
            record.stamp,
            record.hash,
            about,
            packed(text),
            packed_runs(runs),
            record.reason,
        )
        ((number,),) = self._run("SELECT number FROM sources WHERE name = ?", record.name)
        return int(number)

    def touch(self, name: str, root: str, stamp: str) -> None:
        """Notes that a source is as it was."""
        self._run("UPDATE sources SET root = ?, stamp = ? WHERE name = ?", root, stamp, name)

    def remove_sources(self, names: Iterable[str]) -> None:
        """Removes sources and their chunks."""
        for name in names:
            self._run("DELETE FROM chunks WHERE source = (SELECT number FROM sources WHERE name = ?)", name)
            self._run("DELETE FROM sources WHERE name = ?", name)

    def put_chunks(self, number: int, chunks: Sequence[Document]) -> None:
        """Makes these the chunks of a source."""
        self._run("DELETE FROM chunks WHERE source = ?", number)
        rows = [
            (chunk.id, number, position, chunk.page_content, json.dumps(chunk.metadata))
            for position, chunk in enumerate(chunks)
        ]
        with clear_errors(self._path, DAMAGED):
            self._connection.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?, ?)", rows)

    def put_moved(self, ids: Iterable[str]) -> None:
        """Notes chunks whose metadata must be written beside their vectors again."""
        for one in ids:
            self._run("INSERT OR IGNORE INTO moved VALUES (?)", one)

    def forget_moved(self) -> None:
        """Notes that it was done."""
        self._run("DELETE FROM moved")

    def set(self, key: str, value: str) -> None:
        """Notes a fact about the collection."""
        self._run("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, value)

    def put_root(self, path: str) -> None:
        """Notes a path that is indexed again when no path is named."""
        self._run("INSERT OR IGNORE INTO roots VALUES (?)", path)

    def remove_root(self, path: str) -> None:
        """Forgets it."""
        self._run("DELETE FROM roots WHERE path = ?", path)

    def documents(self, ids: Sequence[str]) -> list[Document]:
        """Returns chunks by their ids, with what this transaction did, in any order."""
        with clear_errors(self._path, DAMAGED):
            return list(documents(self._connection, ids))

    def ids(self) -> list[str]:
        """Returns the ids of all chunks, with what this transaction did."""
        return [one for (one,) in self._run("SELECT id FROM chunks ORDER BY source, position")]

    def _run(self, line: str, *values: Any) -> list[Any]:
        with clear_errors(self._path, DAMAGED):
            return self._connection.execute(line, values).fetchall()
