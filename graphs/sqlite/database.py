"""One connection to a SQLite file, owned by one thread, for synchronous and asynchronous callers.

Contract: work is a function of the connection. Works run one after another in a thread of their own, so
callers of any thread or event loop may share a `Database`; what waits together is committed together, and
nobody is answered before the commit. Works of other processes wait for each other (write-ahead log, busy
timeout). A work that fails changes nothing and doesn't harm its neighbours.
"""

from __future__ import annotations

import asyncio
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

BUSY_SECONDS = 15.0
TOGETHER = 64
"""Works in one transaction, at most."""

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


@dataclass
class _Job:
    work: Work[Any]
    writes: bool
    done: Future[Any] = field(default_factory=Future)


class Database:
    """An open file.

    Args:
        path: The file; made if need be, its folder too.

    Raises:
        sqlite3.Error: If it can't be opened, or isn't a database.
        OSError: If its folder can't be made.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # What people say is for nobody else on the machine; SQLite gives its other files the same rights.
        with suppress(OSError):  # SQLite tells what's wrong
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        # No implicit transactions: `_together` says where they begin and end.
        self._connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            # A killed process loses nothing; a machine without power may lose its last moment, nothing else.
            self._connection.execute("PRAGMA synchronous=NORMAL")
        except BaseException:
            self._connection.close()
            raise
        self._thread = threading.Thread(target=self._serve, name="homespun-database", daemon=True)
        self._thread.start()

    def run(self, work: Work[T], *, writes: bool = True) -> T:
        """Runs `work` and returns what it gave, when it is committed.

        Args:
            work: Called with the connection, within a transaction.
            writes: Whether it changes anything; what only reads doesn't wait for other processes.

        Raises:
            ProgrammingError: If the file is closed. Whatever the work raises is raised too.
        """
        return self._put(work, writes).result()

    async def arun(self, work: Work[T], *, writes: bool = True) -> T:
        """Does what `run` does, without holding the event loop."""
        return await asyncio.wrap_future(self._put(work, writes))

    def close(self) -> None:
        """Finishes what was asked for and closes the file; may be called more than once."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    def _put(self, work: Work[T], writes: bool) -> Future[T]:
        job = _Job(work, writes)
        with self._closing:
            if self._closed:
                raise sqlite3.ProgrammingError(f"{self.path} is closed.")
            self._jobs.put(job)
        return job.done

    def _serve(self) -> None:
        held: list[_Job | None] = []
        while (first := held.pop() if held else self._jobs.get()) is not None:
            if not first.done.set_running_or_notify_cancel():
                continue
            # Whoever is in here is answered, however the transaction ends.
            begun: list[_Job] = [first]
            answers: list[tuple[Any, BaseException | None]] = []
            try:
                self._connection.execute("BEGIN IMMEDIATE" if first.writes else "BEGIN")
                answers.append(self._one(first))
                while (job := self._fitting(first, len(begun), held)) is not None:
                    if job.done.set_running_or_notify_cancel():
                        begun.append(job)
                        answers.append(self._one(job))
                self._connection.execute("COMMIT")
            except BaseException as error:  # the transaction as a whole: no room, no rights, another's lock
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                answers += [(None, error)] * (len(begun) - len(answers))
                answers = [(None, failed or error) for _, failed in answers]
            for job, (result, failed) in zip(begun, answers, strict=True):
                if failed is None:
                    job.done.set_result(result)
                else:
                    job.done.set_exception(failed)
        self._connection.close()

    def _fitting(self, first: _Job, count: int, held: list[_Job | None]) -> _Job | None:
        """The job that waits next, if it may share the transaction that `first` began; else it's held.

        Only writers begin what is shared: while they hold the file nothing in it changes. Who joined a reader
        would see the file as it was when that began, not as it is.
        """
        if not first.writes or count >= TOGETHER:
            return None
        try:
            job = self._jobs.get_nowait()
        except queue.Empty:
            return None
        if job is None:
            held.append(job)
        return job

    def _one(self, job: _Job) -> tuple[Any, BaseException | None]:
        execute = self._connection.execute
        execute("SAVEPOINT one")
        try:
            result = job.work(self._connection)
        except BaseException as error:
            if not self._connection.in_transaction:  # SQLite gave all of it up, as it does without room
                raise
            execute("ROLLBACK TO one")
            execute("RELEASE one")
            return None, error
        execute("RELEASE one")
        return result, None
