"""The SQLite file of a `FaissStore`: the truth about its rows, and whose width and model they have.

Contract: a write is one transaction, on disk when it returns, so a kill or a loss of power leaves the rows
before it or those after it. Numbers of rows are never used twice: whoever has read up to one number finds
what is new above it. A file that isn't there is an empty store; reading makes none. Readers need no right to
write.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import final

from homespun.errors import HomespunError, UsageError
from rag.errors import BUSY_SECONDS, UNWRITABLE, clear_errors, code

FORMAT = "1"
_PAGE = 8192  # five vectors of 384 numbers a page; in one of 4,096 there would be room for two
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS rows (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, "
    "text TEXT NOT NULL, metadata TEXT NOT NULL, vector BLOB NOT NULL)",
)
_ADVICE = "`homespun index --repair` makes it anew from the collection's records."


@final
class Rows:
    """One file, one connection. It's for one thread at a time: its owner has a lock.

    Args:
        path: the file.
        read_only: whether writing is refused.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path, self.read_only = path, read_only
        self.opened = 0
        """How many times the file was opened: what was known of it before that may be of another file."""
        self._connection: sqlite3.Connection | None = None
        self._seen: tuple[int, ...] | None = None
        self._frozen = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """Gives the rows as they are now, in one transaction; None where there is no file.

        Raises:
            HomespunError: as `rag.errors.clear_errors` says.
        """
        with clear_errors(self.path, _ADVICE):
            connection = self._to_read()
            if connection is None:
                yield None
                return
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Gives a transaction; all of it is done when the body ends, nothing if it fails.

        Raises:
            UsageError: if the store is for reading only.
            HomespunError: as `rag.errors.clear_errors` says.
        """
        if self.read_only:
            raise UsageError(f"{self.path} was opened for reading only.")
        with clear_errors(self.path, _ADVICE):
            connection = self._to_write()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    with suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Closes the file; it's opened again when it's needed."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._seen, self._frozen = None, None, False

    def _to_read(self) -> sqlite3.Connection | None:
        if self._connection is not None and self._stamp() != self._seen:
            self.close()  # deleted, or put in the place of the one that was opened
        if self._connection is None:
            if not self.path.is_file():
                return None
            connection = _open(self.path, "ro" if self.read_only else "rw")
            if connection is None:
                connection, self._frozen = self._open_frozen(), True
            self._note(connection)
        connection = self._connection
        assert connection is not None
        try:
            tables = {
                name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
        except sqlite3.Error:
            self.close()
            raise
        if not tables:  # whoever makes it hasn't got further, or was stopped
            return None
        if not {"meta", "rows"} <= tables:
            raise HomespunError(f"{self.path} is a SQLite file, and not one of vectors.")
        return connection

    def _open_frozen(self) -> sqlite3.Connection:
        """A file where SQLite can't have those beside it that it needs, since the folder can't be written."""
        if self._logged():
            raise HomespunError(
                f"{self.path} can't be read where it is: its last changes lie in {self.path.name}-wal. "
                "Open it once where it can be written."
            )
        connection = _open(self.path, "ro&immutable=1")
        if connection is None:
            raise HomespunError(f"Can't open {self.path}: no right to read it.")
        return connection

    def _to_write(self) -> sqlite3.Connection:
        if self._connection is not None and (self._frozen or self._stamp() != self._seen):
            self.close()
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            made = _open(self.path, "rwc")
            if made is None:
                raise HomespunError(f"Can't use {self.path}: no right to write or open it.")
            self._note(made)
        connection = self._connection
        assert connection is not None
        connection.execute("PRAGMA synchronous = FULL")
        row = None
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
            row = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
        if row is None:
            self._make(connection)
        elif row[0] != FORMAT:
            raise HomespunError(f"{self.path} is of format {row[0]}, which a newer version made.")
        return connection

    def _make(self, connection: sqlite3.Connection) -> None:
        _patiently(connection, f"PRAGMA page_size = {_PAGE}")
        _patiently(connection, "PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in _SCHEMA:
                connection.execute(statement)
            made = [("format", FORMAT), ("store", uuid.uuid4().hex)]
            connection.executemany("INSERT OR IGNORE INTO meta VALUES (?, ?)", made)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _note(self, connection: sqlite3.Connection) -> None:
        self._connection, self._seen = connection, self._stamp()
        self.opened += 1

    def _stamp(self) -> tuple[int, ...] | None:
        """Tells a file from one that took its place; from its former self too where SQLite doesn't."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        changed = (found.st_mtime_ns, found.st_size, self._logged()) if self._frozen else ()
        return (found.st_dev, found.st_ino, *changed)

    def _logged(self) -> int:
        """Bytes of changes that lie beside the file."""
        try:
            return self.path.with_name(f"{self.path.name}-wal").stat().st_size
        except OSError:
            return 0


def _open(path: Path, mode: str) -> sqlite3.Connection | None:
    """A connection that can read; None where SQLite may not write beside the file, which its log needs."""
    connection = None
    try:
        connection = _connect(path, mode)
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        if code(error) & 0xFF in UNWRITABLE:
            return None
        raise
    return connection


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _patiently(connection: sqlite3.Connection, statement: str) -> None:
    """Waits for others where SQLite itself doesn't: while a file is given its log."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if code(error) & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return
