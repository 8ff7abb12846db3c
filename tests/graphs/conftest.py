from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graphs.persistence import State, open_state
from graphs.sqlite.saver import SqliteSaver


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


@pytest.fixture
def state(file: Path) -> Iterator[State]:
    with open_state(file) as opened:
        yield opened


@pytest.fixture
def saver(state: State) -> SqliteSaver:
    assert isinstance(state.saver, SqliteSaver)
    return state.saver


@pytest.fixture
def thread() -> Any:
    return {"configurable": {"thread_id": "t"}}
