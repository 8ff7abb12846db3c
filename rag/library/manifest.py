"""The records of a collection: its sources, their chunks and what is the state of its indexes.

Contract: one SQLite file; what it lists is the collection, whatever else lies in the folder. A change is one
transaction (`Manifest.change`), so a reader sees the state before it or the one after. Readers need no right
to write. A connection belongs to one use, so threads share nothing.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.documents import Document

from rag.library.errors import DAMAGED
from rag.stores.filters import Filter, to_sql
from rag.trouble import BUSY_SECONDS, UNWRITABLE, code, told

FORMAT = "1"
_ASKED = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS roots (path TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS sources (
    number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, root TEXT NOT NULL,
    stamp TEXT NOT NULL, hash TEXT NOT NULL, about TEXT NOT NULL, text BLOB, reason TEXT
);
CREATE TABLE IF NOT EXISTS chunks (
    id TEXT PRIMARY KEY, source INTEGER NOT NULL REFERENCES sources (number), position INTEGER NOT NULL,
    text TEXT NOT NULL, metadata TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS chunks_of_source ON chunks (source, position);
"""

_RECORDS = (
    "SELECT name, root, stamp, hash, about, reason, "
    "(SELECT count(*) FROM chunks WHERE chunks.source = sources.number) FROM sources"
)


@dataclass(frozen=True)
class Record:
    """A source as the collection knows it.

    Attributes:
        name: of the file, or of a document that was given.
        root: the path by which it was found; "" for one that was given.
        stamp: what tells an unchanged file without reading it; "" where that can't be told.
        hash: SHA-256 of its content, hexadecimal.
        about: plain values: its title, media type, pages, and the runs of its origin.
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


class Change:
    """An open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put_source(self, record: Record, text: str) -> int:
        """Adds or replaces a source, without its chunks; returns its number."""
        self._connection.execute(
            "INSERT INTO sources (name, root, stamp, hash, about, text, reason) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (name) DO UPDATE SET root = excluded.root, stamp = excluded.stamp, "
            "hash = excluded.hash, about = excluded.about, text = excluded.text, reason = excluded.reason",
            (
                record.name,
                record.root,
                record.stamp,
                record.hash,
                json.dumps(dict(record.about)),
                zlib.compress(text.encode(errors="surrogatepass"), 1),
                record.reason,
            ),
        )
        (number,) = self._connection.execute(
            "SELECT number FROM sources WHERE name = ?", (record.name,)
        ).fetchone()
        return int(number)

    def touch(self, name: str, root: str, stamp: str) -> None:
        """Notes that a source is as it was."""
        self._connection.execute("UPDATE sources SET root = ?, stamp = ? WHERE name = ?", (root, stamp, name))

    def remove_sources(self, names: Iterable[str]) -> None:
        """Removes sources and their chunks."""
        rows = [(name,) for name in names]
        self._connection.executemany(
            "DELETE FROM chunks WHERE source = (SELECT number FROM sources WHERE name = ?)", rows
        )
        self._connection.executemany("DELETE FROM sources WHERE name = ?", rows)

    def put_chunks(self, number: int, chunks: Sequence[Document]) -> None:
        """Makes these the chunks of a source."""
        self._connection.execute("DELETE FROM chunks WHERE source = ?", (number,))
        self._connection.executemany(
            "INSERT INTO chunks VALUES (?, ?, ?, ?, ?)",
            [
                (chunk.id, number, position, chunk.page_content, json.dumps(chunk.metadata))
                for position, chunk in enumerate(chunks)
            ],
        )

    def set(self, key: str, value: str) -> None:
        """Notes a fact about the collection."""
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def note(self, key: str, value: str) -> None:
        """Notes a fact, unless it's known."""
        self._connection.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (key, value))

    def put_root(self, path: str) -> None:
        """Notes a path that is indexed again when no path is named."""
        self._connection.execute("INSERT OR IGNORE INTO roots VALUES (?)", (path,))

    def remove_root(self, path: str) -> None:
        """Forgets it."""
        self._connection.execute("DELETE FROM roots WHERE path = ?", (path,))

    def count(self) -> int:
        """Returns the number of chunks, with what this transaction did."""
        (count,) = self._connection.execute("SELECT count(*) FROM chunks").fetchone()
        return int(count)

    def texts(self, ids: Sequence[str]) -> Iterator[Document]:
        """Gives chunks by their ids, with what this transaction did, in any order."""
        return _documents(self._connection, ids)

    def ids(self) -> list[str]:
        """Returns the ids of all chunks, with what this transaction did."""
        return [one for (one,) in self._connection.execute("SELECT id FROM chunks ORDER BY source, position")]


class Manifest:
    """The records in a file.

    Args:
        path: the file; made by the first change.
        keep: whether a connection for reading stays open between uses, until `close`.
    """

    def __init__(self, path: Path, *, keep: bool = False) -> None:
        self.path, self._keep = path, keep
        self._turn = threading.Lock()
        self._kept: tuple[sqlite3.Connection, int] | None = None

    def exists(self) -> bool:
        """Says whether there are any records."""
        return self.path.is_file()

    @contextmanager
    def change(self) -> Iterator[Change]:
        """Gives a transaction; all of it is done when the body ends, nothing if it fails.

        Raises:
            HomespunError: as `rag.trouble.told` says.
        """
        with told(self.path, DAMAGED):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(
                sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
            ) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
                connection.executescript(_SCHEMA)
                connection.execute("INSERT OR IGNORE INTO meta VALUES ('format', ?)", (FORMAT,))
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield Change(connection)
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
                # Who copies the folder to where nothing can be written finds all of it in one file.
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def meta(self) -> dict[str, str]:
        """Returns the facts about the collection."""
        with self._reading() as connection:
            return dict(connection.execute("SELECT key, value FROM meta"))

    def generation(self) -> str:
        """Returns what is another after each change."""
        with self._reading() as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
            return str(row[0]) if row else ""

    def roots(self) -> list[str]:
        """Returns the paths that were indexed, in order."""
        with self._reading() as connection:
            return [path for (path,) in connection.execute("SELECT path FROM roots ORDER BY path")]

    def records(self) -> list[Record]:
        """Returns all sources, by name."""
        with self._reading() as connection:
            return [_record(row) for row in connection.execute(f"{_RECORDS} ORDER BY name")]

    def record(self, name: str) -> Record | None:
        """Returns a source; None where there is none of this name."""
        with self._reading() as connection:
            row = connection.execute(f"{_RECORDS} WHERE name = ?", (name,)).fetchone()
        return None if row is None else _record(row)

    def known(self) -> dict[str, Record]:
        """Returns all sources by name, without what they're about: quick, for comparing."""
        with self._reading() as connection:
            rows = connection.execute("SELECT name, root, stamp, hash, reason FROM sources")
            return {row[0]: Record(row[0], row[1], row[2], row[3], {}, row[4]) for row in rows}

    def text(self, name: str) -> str | None:
        """Returns the text of a source as it was read; None where there is no such source."""
        with self._reading() as connection:
            row = connection.execute("SELECT text FROM sources WHERE name = ?", (name,)).fetchone()
        return None if row is None else zlib.decompress(row[0]).decode(errors="surrogatepass")

    def chunks_of(self, name: str) -> list[Document]:
        """Returns the chunks of a source, in order."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT id, text, metadata FROM chunks WHERE source = "
                "(SELECT number FROM sources WHERE name = ?) ORDER BY position",
                (name,),
            )
            return [_document(*row) for row in rows]

    def ids(self, asked: Filter | None = None) -> list[str]:
        """Returns the ids of all chunks, or of those that a filter lets through, in their sources' order."""
        where, values = to_sql(asked, "metadata") if asked else ("1", [])
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT id FROM chunks WHERE {where} ORDER BY source, position", values
            )
            return [one for (one,) in rows]

    def counts(self) -> tuple[int, int]:
        """Returns how many sources could be read, and how many chunks they have."""
        with self._reading() as connection:
            (sources,) = connection.execute("SELECT count(*) FROM sources WHERE reason IS NULL").fetchone()
            (chunks,) = connection.execute("SELECT count(*) FROM chunks").fetchone()
            return int(sources), int(chunks)

    def documents(self, ids: Sequence[str]) -> dict[str, Document]:
        """Returns chunks by their ids; those that there aren't are left out."""
        with self._reading() as connection:
            return {str(document.id): document for document in _documents(connection, ids)}

    def faults(self) -> list[str]:
        """Returns what SQLite finds wrong with the file."""
        with self._reading() as connection:
            said = [row[0] for row in connection.execute("PRAGMA integrity_check(10)")]
            return [] if said == ["ok"] else said

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with told(self.path, DAMAGED):
            if not self._keep:
                with closing(self._open()) as connection:
                    yield connection
                return
            with self._turn:
                # Another process may have deleted the collection and made it anew.
                now = self.path.stat().st_ino
                if self._kept is not None and self._kept[1] != now:
                    self._let_go()
                if self._kept is None:
                    self._kept = self._open(), now
                try:
                    yield self._kept[0]
                except sqlite3.Error:
                    self._let_go()
                    raise

    def close(self) -> None:
        """Closes what is open; what is read later opens it again."""
        with self._turn:
            self._let_go()

    def _let_go(self) -> None:
        if self._kept is not None:
            self._kept[0].close()
            self._kept = None

    def _open(self) -> sqlite3.Connection:
        """A connection that only reads: also where the folder can't be written, which the log needs."""
        uri = f"{self.path.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)
        try:
            connection.execute("SELECT 1 FROM meta").fetchone()
        except sqlite3.OperationalError as error:
            connection.close()
            if code(error) & 0xFF not in UNWRITABLE:
                raise
            connection = sqlite3.connect(f"{uri}&immutable=1", uri=True, check_same_thread=False)
        return connection


def _record(row: Sequence[Any]) -> Record:
    name, root, stamp, digest, about, reason, chunks = row
    return Record(name, root, stamp, digest, json.loads(about), reason, chunks)


def _documents(connection: sqlite3.Connection, ids: Sequence[str]) -> Iterator[Document]:
    for start in range(0, len(ids), _ASKED):
        part = list(ids[start : start + _ASKED])
        marks = ",".join("?" * len(part))
        rows = connection.execute(f"SELECT id, text, metadata FROM chunks WHERE id IN ({marks})", part)
        yield from [_document(*row) for row in rows]


def _document(one: str, text: str, metadata: str) -> Document:
    return Document(id=one, page_content=text, metadata=json.loads(metadata))
