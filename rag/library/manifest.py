"""The records of a collection: its sources, their chunks and what is the state of its indexes.

Contract: one SQLite file; what it lists is the collection, whatever else lies in the folder, and without it
there is none. A change is one transaction (`Manifest.change`), so a reader sees the state before it or the
one after. Readers need no right to write; where there are no records they find nothing. Threads may share
one.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from langchain_core.documents import Document

from rag.errors import BUSY_SECONDS, UNWRITABLE, clear_errors, code
from rag.library.change import Change
from rag.library.errors import DAMAGED
from rag.library.records import (
    FORMAT,
    RECORDS,
    SCHEMA,
    Record,
    document,
    documents,
    record,
    unpacked,
    unpacked_runs,
)
from rag.parsed import Run
from rag.stores.filters import Filter, to_sql


@dataclass(frozen=True)
class Listing:
    """What the collection is at one moment.

    Attributes:
        meta: facts about it.
        ids: of its chunks, in their sources' order.
    """

    meta: dict[str, str]
    ids: tuple[str, ...]


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
        return bool(self.meta())

    @contextmanager
    def change(self) -> Iterator[Change]:
        """Gives a transaction; all of it is done when the body ends, nothing if it fails.

        Raises:
            HomespunError: as `rag.errors.clear_errors` says; whatever the body raises is raised too.
        """
        with clear_errors(self.path, DAMAGED):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        with closing(connection):
            with clear_errors(self.path, DAMAGED):
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("BEGIN IMMEDIATE")
            try:
                with clear_errors(self.path, DAMAGED):
                    for line in SCHEMA:
                        connection.execute(line)
                    connection.execute("INSERT OR IGNORE INTO meta VALUES ('format', ?)", (FORMAT,))
                yield Change(connection, self.path)
                with clear_errors(self.path, DAMAGED):
                    connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                raise
            # Who copies the folder to where nothing can be written finds all of it in one file. It's done
            # already, so that no room for this is no failure.
            with suppress(sqlite3.Error):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def meta(self) -> dict[str, str]:
        """Returns the facts about the collection."""
        with self._reading() as connection:
            return dict(connection.execute("SELECT key, value FROM meta"))

    def listing(self) -> Listing:
        """Returns facts and chunks of one moment."""
        with self._reading() as connection:
            connection.execute("BEGIN")
            try:
                meta = dict(connection.execute("SELECT key, value FROM meta"))
                rows = connection.execute("SELECT id FROM chunks ORDER BY source, position")
                return Listing(meta, tuple(one for (one,) in rows))
            finally:
                connection.execute("ROLLBACK")

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
            return [record(row) for row in connection.execute(f"{RECORDS} ORDER BY name")]

    def record(self, name: str) -> Record | None:
        """Returns a source; None where there is none of this name."""
        with self._reading() as connection:
            row = connection.execute(f"{RECORDS} WHERE name = ?", (name,)).fetchone()
        return None if row is None else record(row)

    def known(self) -> dict[str, Record]:
        """Returns all sources by name, without what they're about: quick, for comparing."""
        with self._reading() as connection:
            rows = connection.execute("SELECT name, root, stamp, hash, reason FROM sources")
            return {row[0]: Record(row[0], row[1], row[2], row[3], {}, row[4]) for row in rows}

    def text(self, name: str) -> str | None:
        """Returns the text of a source as it was read; None where there is no such source."""
        with self._reading() as connection:
            row = connection.execute("SELECT text FROM sources WHERE name = ?", (name,)).fetchone()
        return None if row is None else unpacked(row[0])

    def runs(self, name: str) -> tuple[Run, ...]:
        """Returns the runs of a source's origin."""
        with self._reading() as connection:
            row = connection.execute("SELECT origin FROM sources WHERE name = ?", (name,)).fetchone()
        return () if row is None else unpacked_runs(row[0])

    def chunks_of(self, name: str) -> list[Document]:
        """Returns the chunks of a source, in order."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT id, text, metadata FROM chunks WHERE source = "
                "(SELECT number FROM sources WHERE name = ?) ORDER BY position",
                (name,),
            )
            return [document(*row) for row in rows]

    def ids(self, where: Filter | None = None) -> list[str]:
        """Returns the ids of all chunks, or of those that a filter lets through, in their sources' order."""
        condition, values = to_sql(where, "metadata") if where else ("1", [])
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT id FROM chunks WHERE {condition} ORDER BY source, position", values
            )
            return [one for (one,) in rows]

    def moved(self) -> list[str]:
        """Returns the ids of chunks whose metadata beside their vector may be of an older state."""
        with self._reading() as connection:
            return [one for (one,) in connection.execute("SELECT id FROM moved ORDER BY id")]

    def counts(self) -> tuple[int, int]:
        """Returns how many sources could be read, and how many chunks they have."""
        with self._reading() as connection:
            (sources,) = connection.execute("SELECT count(*) FROM sources WHERE reason IS NULL").fetchone()
            (chunks,) = connection.execute("SELECT count(*) FROM chunks").fetchone()
            return int(sources), int(chunks)

    def documents(self, ids: Sequence[str]) -> dict[str, Document]:
        """Returns chunks by their ids; those that there aren't are left out."""
        with self._reading() as connection:
            return {str(chunk.id): chunk for chunk in documents(connection, ids)}

    def faults(self) -> list[str]:
        """Returns what SQLite finds wrong with the file."""
        with self._reading() as connection:
            said = [row[0] for row in connection.execute("PRAGMA integrity_check(10)")]
            return [] if said == ["ok"] else said

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes what is open; what is read later opens it again."""
        with self._turn:
            self._let_go()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with clear_errors(self.path, DAMAGED):
            if not self._keep:
                with closing(self._open()) as connection:
                    yield connection
                return
            with self._turn:
                # Another process may have deleted the collection and made it anew.
                now = self.path.stat().st_ino if self.path.exists() else 0
                if self._kept is not None and (self._kept[1] != now or not now):
                    self._let_go()
                if self._kept is None:
                    opened = self._open()
                    (_, _, file) = opened.execute("PRAGMA database_list").fetchone()
                    # What stands for no records is asked only once: there may be some the next time.
                    self._kept = opened, now if file else 0
                try:
                    yield self._kept[0]
                except sqlite3.Error:
                    self._let_go()
                    raise

    def _let_go(self) -> None:
        if self._kept is not None:
            self._kept[0].close()
            self._kept = None

    def _open(self) -> sqlite3.Connection:
        """A connection that only reads: also where the folder can't be written, which the log needs."""
        uri = f"{self.path.absolute().as_uri()}?mode=ro"
        for more in ("", "&immutable=1"):
            if not self.path.exists():
                break
            connection = sqlite3.connect(
                f"{uri}{more}",
                uri=True,
                timeout=BUSY_SECONDS,
                check_same_thread=False,
                isolation_level=None,
            )
            try:
                tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except sqlite3.OperationalError as error:
                connection.close()
                if more or code(error) & 0xFF not in UNWRITABLE:
                    raise
            except BaseException:
                connection.close()
                raise
            else:
                if tables[0]:
                    return connection
                connection.close()  # whoever made it was killed before the first change was done
                break
        nothing = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        for line in SCHEMA:
            nothing.execute(line)
        return nothing
