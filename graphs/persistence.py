"""Where threads are kept: one SQLite file, its threads listed, copied and pruned.

Contract: several threads of one process and several processes may use the file at once (write-ahead log, a
busy timeout; writers wait for each other). Only messages and plain values are read back from it: a row that
names any other type is returned as data, never imported.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from homespun.errors import HomespunError
from homespun.files import no_space_is_clear

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

BUSY_SECONDS = 15.0


@contextmanager
def open_checkpointer(path: Path | str) -> Iterator[SqliteSaver]:
    """Opens (and makes, if need be) the file of threads for synchronous graphs.

    Raises:
        HomespunError: if the file can't be opened or isn't such a database.
    """
    with _clear(path):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        # The saver has a lock, so the web server's threads may share the connection.
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
    with closing(connection):
        saver = SqliteSaver(connection, serde=_strict())
        with _clear(path):
            saver.setup()
            connection.execute("PRAGMA synchronous=NORMAL")
        yield saver


@asynccontextmanager
async def open_async_checkpointer(path: Path | str) -> AsyncIterator[AsyncSqliteSaver]:
    """Opens the same file for asynchronous graphs; open it once a process and share it.

    Raises:
        HomespunError: if the file can't be opened or isn't such a database.
    """
    import aiosqlite
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    with _clear(path):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        connection = await aiosqlite.connect(path, timeout=BUSY_SECONDS)
    try:
        saver = AsyncSqliteSaver(connection, serde=_strict())
        with _clear(path):
            await saver.setup()
            await connection.execute("PRAGMA synchronous=NORMAL")
        yield saver
    finally:
        await connection.close()


def _strict() -> JsonPlusSerializer:
    # None: no types beside LangGraph's own list of safe ones (messages, dates, numbers, paths).
    return JsonPlusSerializer(allowed_msgpack_modules=None)


@contextmanager
def _clear(path: Path | str) -> Iterator[None]:
    try:
        with no_space_is_clear(path):
            yield
    except sqlite3.OperationalError as error:
        raise HomespunError(
            f"Can't open {path}: {error}. Look at its rights, the disk's free space and what else uses it."
        ) from error
    except sqlite3.DatabaseError as error:
        raise HomespunError(
            f"Can't use {path} as the file of conversations: {error}. Move it away to begin a new one."
        ) from error
    except OSError as error:
        raise HomespunError(f"Can't open {path}: {error.strerror}.") from error
