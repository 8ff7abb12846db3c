from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver

from graphs.persistence import open_checkpointer


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


@pytest.fixture
def saver(state: Path) -> Iterator[SqliteSaver]:
    with open_checkpointer(state) as opened:
        yield opened


@pytest.fixture
def thread() -> Any:
    return {"configurable": {"thread_id": "t"}}
