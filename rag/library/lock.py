"""One writer at a time: who changes a collection holds its lock. A killed holder's lock is free."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from homespun.errors import HomespunError
from rag.errors import clear_errors
from rag.library.errors import DAMAGED

_LOOK = 0.2  # seconds between looks at a lock that another holds


@contextmanager
def locked(
    folder: Path, waiting: Callable[[], None] = lambda: None, wait: float | None = None
) -> Iterator[None]:
    """Holds the lock of a collection, whose folder is made if need be.

    The lock lies beside the folder, so that it's there also while the folder is deleted.

    Args:
        folder: of the collection.
        waiting: called once if another process holds it.
        wait: seconds to wait at most; None waits as long as it takes.

    Raises:
        ReadOnly: the folder can't be written.
        OutOfSpace: there is no room.
        HomespunError: another process held it all the time.
    """
    with clear_errors(folder, DAMAGED):
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder.with_name(f".{folder.name}.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            waiting()
            try:
                lock.acquire(timeout=-1 if wait is None else wait, poll_interval=_LOOK)
            except Timeout:
                raise HomespunError(f"Another process is changing {folder.name}. Try again later.") from None
    try:
        with clear_errors(folder, DAMAGED):
            folder.mkdir(exist_ok=True)
        yield
    finally:
        lock.release()
