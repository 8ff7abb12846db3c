"""What SQLite and the system say of a file of the library, in words for its user."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from homespun.errors import HomespunError, OutOfSpace
from homespun.files import no_space_is_clear

BUSY_SECONDS = 15.0
"""How long another process may hold a file before it's an error."""
UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
"""Primary codes of what a file or folder without the right to write makes SQLite say."""

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
# A limit of file size, some quotas and network disks say so when there is no room left.
_UNWRITTEN = (
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
)


class ReadOnly(HomespunError):  # noqa: N818
    """It can be searched and not changed."""


class Corrupt(HomespunError):  # noqa: N818
    """A file isn't what was written."""


def code(error: sqlite3.Error) -> int:
    """Returns SQLite's own code, extended; 0 for what doesn't come from SQLite."""
    return int(getattr(error, "sqlite_errorcode", 0))


@contextmanager
def clear_errors(path: Path, advice: str) -> Iterator[None]:
    """Turns errors of SQLite and of the system into a line that names the file.

    Args:
        path: what is worked on.
        advice: what to do if it's damaged.

    Raises:
        OutOfSpace: there is no room; what was there before is unchanged.
        ReadOnly: it can't be written.
        Corrupt: it isn't what was written.
        HomespunError: another process holds it, or the disk fails.
    """
    try:
        with no_space_is_clear(path):
            yield
    except sqlite3.Error as error:
        whole = code(error)
        primary = whole & 0xFF
        if primary == sqlite3.SQLITE_FULL:
            raise OutOfSpace(f"Can't write {path}: no space left. Free some space and try again.") from error
        if whole in _UNWRITTEN:
            raise OutOfSpace(
                f"Can't write {path}: no space left, or the disk fails ({error}). Free some space, try again."
            ) from error
        if primary in _BUSY:
            raise HomespunError(
                f"{path} has been in use by another process for {BUSY_SECONDS:.0f} seconds. Try again later."
            ) from error
        if primary in UNWRITABLE:
            raise ReadOnly(f"Can't write {path}: no right to write or open it ({error}).") from error
        if primary in _DAMAGE or "no such table" in str(error) or "no such column" in str(error):
            raise Corrupt(f"{path} is damaged ({error}). {advice}") from error
        raise HomespunError(f"Can't use {path}: {error}.") from error
    except PermissionError as error:
        raise ReadOnly(f"Can't write {error.filename or path}: {error.strerror}.") from error
    except OSError as error:
        kind = ReadOnly if error.errno == errno.EROFS else HomespunError
        raise kind(f"Can't use {error.filename or path}: {error.strerror or error}.") from error
