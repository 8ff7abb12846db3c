"""LangGraph's own conformance suite on our checkpointer, the extended part included."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from langgraph.checkpoint.conformance import checkpointer_test, validate

from graphs.persistence import open_state
from graphs.sqlite.saver import SqliteSaver

CAPABILITIES = {
    "put",
    "put_writes",
    "get_tuple",
    "list",
    "delete_thread",
    "delete_for_runs",
    "copy_thread",
    "prune",
}


@pytest.mark.asyncio
async def test_every_capability_is_there_and_passes(tmp_path: Path) -> None:
    made = iter(range(100))

    @checkpointer_test(name="SqliteSaver")
    async def fresh() -> AsyncGenerator[SqliteSaver, None]:
        with open_state(tmp_path / f"{next(made)}.sqlite") as state:
            yield state.saver

    report = await validate(fresh)
    assert set(report.results) == CAPABILITIES
    for name, result in report.results.items():
        assert result.detected, name
        assert result.tests_skipped == 0, name
        assert result.passed, (name, result.failures)
        assert result.tests_passed > 0, name
    assert sum(result.tests_passed for result in report.results.values()) >= 74
