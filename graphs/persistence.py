"""Where state is kept: one SQLite file with a checkpointer for threads and a store for all else.

Contract: open it once a process and share it, whatever threads and event loops there are; several processes
may use the file at once. A file of LangGraph's own SQLite checkpointer is taken over as it is opened. What
else may keep state (a server's database) goes behind the same `State`.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.store.base import BaseStore

from graphs.sqlite.database import Database
from graphs.sqlite.older import take_over
from graphs.sqlite.saver import SqliteSaver
from graphs.sqlite.store import SqliteStore
from homespun.errors import HomespunError
from homespun.files import no_space_is_clear

if TYPE_CHECKING:
    from langgraph.store.base import IndexConfig


@dataclass(frozen=True)
class State:
    """What graphs keep things in.

    Attributes:
        saver: Threads: the checkpointer.
        store: Everything else, by namespace: memories, titles, feedback.
        claims: Held by who claims a thread for a user, so that two can't at once.
    """

    saver: BaseCheckpointSaver[Any]
    store: BaseStore
    claims: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)


@contextmanager
def open_state(path: Path | str, *, index: IndexConfig | None = None) -> Iterator[State]:
    """Opens (and makes, if need be) the file of state.

    Args:
        path: The SQLite file.
        index: How texts in the store are embedded, so that they can be searched by meaning.

    Raises:
        HomespunError: If the file can't be opened or isn't such a database.
    """
    with _clear(path):
        database = Database(path)
    try:
        with _clear(path):
            saver = SqliteSaver(database)
            store = SqliteStore(database, index=index)
            take_over(saver)
        yield State(saver, store)
    finally:
        database.close()


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
