from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from graphs.sqlite import database as module
from graphs.sqlite.database import Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "state.sqlite"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = Database(path)
    opened.run(lambda connection: connection.execute("CREATE TABLE t (n INTEGER UNIQUE)"))
    yield opened
    opened.close()


def _add(number: int) -> Callable[[sqlite3.Connection], int]:
    def work(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO t VALUES (?)", (number,))
        return number

    return work


def _numbers(connection: sqlite3.Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT n FROM t ORDER BY n")]


def _seen_outside(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return _numbers(connection)


class Held:
    """A work that holds the thread until it's told to go on; what is asked meanwhile waits together."""

    def __init__(self, database: Database, *, writes: bool = True) -> None:
        self._begun, self._go = threading.Event(), threading.Event()
        self._thread, self.answers = _in_thread(lambda: database.run(self._work, writes=writes))

    def _work(self, connection: sqlite3.Connection) -> None:
        connection.execute("SELECT count(*) FROM t").fetchone()
        self._begun.set()
        assert self._go.wait(20)

    def __enter__(self) -> Held:
        assert self._begun.wait(20)
        return self

    def __exit__(self, *error: object) -> None:
        self._go.set()
        self._thread.join(3)


def _asked(database: Database, count: int) -> None:
    """Waits until so many works are in the queue."""
    end = time.monotonic() + 10
    while database._jobs.qsize() < count:
        assert time.monotonic() < end
        time.sleep(0.001)


def _in_thread(call: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Calls in a thread that a test needn't wait for; the list gets what it gave or raised."""
    answers: list[Any] = []

    def work() -> None:
        try:
            answers.append(call())
        except BaseException as error:
            answers.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread, answers


def test_a_work_gives_its_result_and_is_committed_by_then(database: Database, path: Path) -> None:
    assert database.run(_add(1)) == 1
    assert _seen_outside(path) == [1]
    assert database.run(_numbers, writes=False) == [1]


def test_the_folder_is_made(path: Path) -> None:
    assert not path.parent.exists()
    Database(str(path)).close()
    assert path.exists()


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("hello, this is no database at all" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        Database(tmp_path / "note.txt")
    with pytest.raises(sqlite3.OperationalError):
        Database(tmp_path)
    with pytest.raises(OSError, match=r"note\.txt"):
        Database(tmp_path / "note.txt" / "state.sqlite")


def test_a_failing_work_changes_nothing_and_leaves_its_neighbours_changes(
    database: Database, path: Path
) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t VALUES (100)")
        raise KeyError("mine")

    def wrong(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t VALUES (101)")
        connection.execute("INSERT INTO t VALUES (101)")

    works: list[Callable[[sqlite3.Connection], Any]] = [_add(1), fail, _add(2), wrong, _add(3)]
    with Held(database):
        calls = []
        for count, work in enumerate(works):
            calls.append(_in_thread(lambda work=work: database.run(work)))  # type: ignore[misc]
            _asked(database, count + 1)
    for thread, _ in calls:
        thread.join(10)
    (one,), (failed,), (two,), (violated,), (three,) = (answers for _, answers in calls)
    assert [one, two, three] == [1, 2, 3]
    assert isinstance(failed, KeyError)
    assert isinstance(violated, sqlite3.IntegrityError)
    assert _seen_outside(path) == [1, 2, 3]


def test_works_that_wait_together_are_committed_together(database: Database) -> None:
    seen: list[str] = []
    with Held(database):
        calls = []
        for n in range(10):
            calls.append(_in_thread(lambda n=n: database.run(_add(n))))  # type: ignore[misc]
        _asked(database, 10)
        database._connection.set_trace_callback(seen.append)
    for thread, _ in calls:
        thread.join(10)
    database.run(lambda connection: connection.set_trace_callback(None), writes=False)
    assert sum("INSERT" in statement for statement in seen) == 10
    assert seen[: seen.index("COMMIT")].count("COMMIT") == 0
    assert sum("INSERT" in statement for statement in seen[: seen.index("COMMIT")]) == 10


def test_nobody_is_answered_before_the_commit(database: Database, path: Path) -> None:
    with Held(database):
        thread, answers = _in_thread(lambda: database.run(_add(1)))
        _asked(database, 1)
        assert answers == []
        assert _seen_outside(path) == []
    thread.join(10)
    assert answers == [1]
    assert _seen_outside(path) == [1]


def test_more_works_than_fit_in_a_transaction_are_all_done(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TOGETHER", 3)
    with Held(database):
        calls = [
            _in_thread(lambda n=n: database.run(_add(n)) if n % 3 else database.run(_numbers, writes=False))  # type: ignore[misc]
            for n in range(20)
        ]
        _asked(database, 20)
    for thread, _ in calls:
        thread.join(10)
    assert database.run(_numbers, writes=False) == [n for n in range(20) if n % 3]
    assert all(len(answers) == 1 and not isinstance(answers[0], BaseException) for _, answers in calls)


def test_many_threads_and_event_loops_share_it(database: Database, path: Path) -> None:
    async def tasks(first: int) -> None:
        found = await asyncio.gather(*(database.arun(_add(first + n)) for n in range(20)))
        assert found == list(range(first, first + 20))
        assert len(await database.arun(_numbers, writes=False)) >= 20

    def works(first: int) -> None:
        for n in range(20):
            assert database.run(_add(first + n)) == first + n
            assert first + n in database.run(_numbers, writes=False)

    calls = [
        _in_thread(lambda i=i: asyncio.run(tasks(100 * i)) if i % 2 else works(100 * i))  # type: ignore[misc]
        for i in range(8)
    ]
    for thread, _ in calls:
        thread.join(30)
    assert [answers for _, answers in calls] == [[None]] * 8
    assert _seen_outside(path) == [100 * i + n for i in range(8) for n in range(20)]


async def test_waiting_does_not_hold_the_event_loop(database: Database) -> None:
    with Held(database):
        waiting = asyncio.create_task(database.arun(_add(1)))
        for _ in range(5):
            await asyncio.sleep(0.001)
        assert not waiting.done()
    assert await waiting == 1


async def test_a_cancelled_task_that_waited_changes_nothing(database: Database, path: Path) -> None:
    with Held(database):
        before = asyncio.create_task(database.arun(_add(1)))
        cancelled = asyncio.create_task(database.arun(_add(2)))
        after = asyncio.create_task(database.arun(_add(3)))
        await asyncio.sleep(0.01)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
    assert [await before, await after] == [1, 3]
    assert _seen_outside(path) == [1, 3]


async def test_a_task_that_is_cancelled_while_its_work_runs_harms_nobody(database: Database) -> None:
    begun, go = threading.Event(), threading.Event()

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t VALUES (1)")
        begun.set()
        assert go.wait(10)

    task = asyncio.create_task(database.arun(work))
    while not begun.is_set():
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go.set()
    assert await database.arun(_add(2)) == 2
    assert await database.arun(_numbers, writes=False) == [1, 2]


def test_an_event_loop_that_ended_meanwhile_harms_nobody(database: Database) -> None:
    async def leave() -> None:
        task = asyncio.create_task(database.arun(_add(1)))
        await asyncio.sleep(0.01)
        task.cancel()

    with Held(database):
        asyncio.run(leave())
    assert database.run(_add(2)) == 2


def test_a_locked_file_is_told_to_those_concerned_and_work_goes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    database = Database(path)
    database.run(lambda connection: connection.execute("CREATE TABLE t (n INTEGER)"))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO t VALUES (7)")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            database.run(_add(1))
        assert database.run(_numbers, writes=False) == []  # readers don't wait
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            asyncio.run(database.arun(_add(2)))
        other.execute("COMMIT")
    assert database.run(_add(3)) == 3
    assert database.run(_numbers, writes=False) == [3, 7]
    database.close()


def test_a_short_lock_is_waited_for(database: Database, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        thread, answers = _in_thread(lambda: database.run(_add(1)))
        time.sleep(0.05)
        assert answers == []
        other.execute("COMMIT")
        thread.join(10)
    assert answers == [1]


def test_two_of_one_file_see_each_other(database: Database, path: Path) -> None:
    other = Database(path)
    other.run(_add(1))
    assert database.run(_numbers, writes=False) == [1]
    database.run(_add(2))
    assert other.run(_numbers, writes=False) == [1, 2]
    other.close()


def test_processes_that_write_at_once_lose_nothing(database: Database, path: Path) -> None:
    script = """
import sys
from graphs.sqlite.database import Database
database = Database(sys.argv[1])
for n in range(50):
    database.run(lambda connection: connection.execute("INSERT INTO t VALUES (?)", (1000 + n,)))
"""
    root = Path(__file__).parents[3]
    with subprocess.Popen([sys.executable, "-c", script, str(path)], cwd=root) as process:
        for n in range(50):
            database.run(_add(n))
        # It leaves without closing: what was answered is there nevertheless.
        assert process.wait(60) == 0
    assert _seen_outside(path) == [*range(50), *range(1000, 1050)]


def test_closing_finishes_what_was_asked(database: Database, path: Path) -> None:
    with Held(database):
        calls = [_in_thread(lambda n=n: database.run(_add(n))) for n in range(5)]  # type: ignore[misc]
        _asked(database, 5)
        closing_, _ = _in_thread(database.close)
        _asked(database, 6)
    closing_.join(10)
    for thread, _ in calls:
        thread.join(10)
    assert sorted(answers[0] for _, answers in calls) == [0, 1, 2, 3, 4]
    assert _seen_outside(path) == [0, 1, 2, 3, 4]


async def test_what_is_closed_says_so(database: Database) -> None:
    database.close()
    database.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        database.run(_add(1))
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        await database.arun(_add(1))


def test_nothing_is_left_beside_the_file_when_it_is_closed(database: Database, path: Path) -> None:
    database.run(_add(1))
    database.close()
    assert list(path.parent.iterdir()) == [path]


def test_a_full_file_is_told_and_work_goes_on(database: Database) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE big (data BLOB)")
        connection.execute("INSERT INTO big VALUES (zeroblob(1000000))")

    database.run(lambda connection: connection.execute("PRAGMA max_page_count = 10").fetchone())
    thread, answers = _in_thread(lambda: database.run(fill))
    thread.join(3)
    assert [type(answer) for answer in answers] == [sqlite3.OperationalError]
    thread, answers = _in_thread(lambda: database.run(_add(1)))
    thread.join(3)
    assert answers == [1]


@pytest.mark.parametrize("alone", [True, False])
def test_a_work_that_ends_the_transaction_is_answered_and_work_goes_on(
    database: Database, path: Path, alone: bool
) -> None:
    database.run(_add(1))

    def ends(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT OR ROLLBACK INTO t VALUES (1)")

    # What writes isn't done together with what began by reading.
    with Held(database, writes=not alone):
        thread, answers = _in_thread(lambda: database.run(ends))
        _asked(database, 1)
    thread.join(3)
    assert [isinstance(answer, sqlite3.Error) for answer in answers] == [True]
    thread, answers = _in_thread(lambda: database.run(_add(2)))
    thread.join(3)
    assert answers == [2]
    assert _seen_outside(path) == [1, 2]


def test_a_reader_sees_what_another_process_had_finished_before_it_asked(
    database: Database, path: Path
) -> None:
    with Held(database, writes=False):
        with closing(sqlite3.connect(path)) as other:
            other.execute("INSERT INTO t VALUES (1)")
            other.commit()
        thread, answers = _in_thread(lambda: database.run(_numbers, writes=False))
        _asked(database, 1)
    thread.join(10)
    assert answers == [[1]]
