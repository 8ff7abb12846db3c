"""The SQLite file: how it's opened where that isn't easy."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from homespun.errors import HomespunError
from rag.stores import rows
from rag.stores.rows import Rows


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with one row."""
    with closing(Rows(tmp_path / "vectors.sqlite")) as made:
        _add(made, "a")
    return tmp_path / "vectors.sqlite"


@pytest.fixture
def no_files_beside(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite as it is in a folder that can't be written, by whoever tests are run."""
    connect = rows._connect

    def refuse(path: Path, mode: str) -> sqlite3.Connection:
        if "immutable" in mode:
            return connect(path, mode)
        return connect(path.with_name("nowhere") / path.name, "ro")

    monkeypatch.setattr(rows, "_connect", refuse)


@pytest.mark.usefixtures("no_files_beside")
def test_a_frozen_file_is_read_and_read_again_when_it_is_another(path: Path) -> None:
    with closing(Rows(path)) as frozen:
        assert _ids(frozen) == ["a"]
        opened = frozen.opened
        assert _ids(frozen) == ["a"]
        assert frozen.opened == opened
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("INSERT INTO rows (id, text, metadata, vector) VALUES ('b', '', '{}', x'')")
        assert _ids(frozen) == ["a", "b"]
        assert frozen.opened == opened + 1


@pytest.mark.usefixtures("no_files_beside")
def test_changes_that_lie_beside_a_frozen_file_are_not_passed_over(path: Path) -> None:
    path.with_name("vectors.sqlite-wal").write_bytes(b"changes")
    with (
        closing(Rows(path)) as frozen,
        pytest.raises(HomespunError, match=r"last changes lie in vectors\.sqlite-wal"),
    ):
        _ids(frozen)


def test_a_file_of_a_newer_version_is_not_written(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE meta SET value = '2' WHERE key = 'format'")
    with closing(Rows(path)) as found:
        assert _ids(found) == ["a"]
        with pytest.raises(HomespunError, match="format 2"):
            _add(found, "b")


def test_what_fails_within_changes_nothing(path: Path) -> None:
    with closing(Rows(path)) as found:
        with pytest.raises(ZeroDivisionError):
            _half_delete(found)
        assert _ids(found) == ["a"]
        _add(found, "b")
        assert _ids(found) == ["a", "b"]


def test_what_is_written_is_on_the_disk(path: Path) -> None:
    with closing(Rows(path)) as found, found.writing() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_numbers_are_never_used_twice(path: Path) -> None:
    with closing(Rows(path)) as found:
        _add(found, "b")
        with found.writing() as connection:
            connection.execute("DELETE FROM rows")
        _add(found, "c")
        with found.reading() as reading:
            assert reading is not None
            assert reading.execute("SELECT number FROM rows").fetchall() == [(3,)]


def _add(to: Rows, one: str) -> None:
    with to.writing() as connection:
        connection.execute("INSERT INTO rows (id, text, metadata, vector) VALUES (?, '', '{}', x'')", (one,))


def _ids(of: Rows) -> list[str]:
    with of.reading() as connection:
        return (
            []
            if connection is None
            else [one for (one,) in connection.execute("SELECT id FROM rows ORDER BY id")]
        )


def _half_delete(of: Rows) -> None:
    with of.writing() as connection:
        connection.execute("DELETE FROM rows")
        raise ZeroDivisionError
