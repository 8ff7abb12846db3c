"""Verdicts of the Berkeley leaderboard's own checker, recorded, and ours on the same calls.

`data/bfcl_verdicts.jsonl` holds what `bfcl_eval` 2026.3.23 said (Python, names with underscores) of our
built-in samples with calls altered at random, and of single values of every type. The package itself needs
the clients of a dozen providers, so it isn't installed for tests.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evals.metrics.tool_calls import Call, match_category
from evals.suite import Source
from evals.suites.tools import SUITE

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "bfcl_verdicts.jsonl").read_text("utf-8").splitlines()
]
KINDS = {
    "wrong_func_name": "wrong_name",
    "wrong_count": "wrong_count",
    "missing_required": "missing_argument",
    "missing_optional": "missing_argument",
    "unexpected_param": "unexpected_argument",
    "cannot_find_match": "no_match",
    "nested": "wrong_item_type",
    "simple": "wrong_type",
}


def _kind(error: str | None) -> str | None:
    if error is None:
        return None
    return KINDS.get(error.split(":")[1], "wrong_value")


def _ours(row: dict[str, Any], samples: dict[str, Any]) -> Any:
    if "sample" in row:
        sample = samples[row["sample"]]
        calls = [Call(name, arguments) for name, arguments in row["calls"]]
        return match_category(sample.tags["category"], calls, sample.target, sample.input["functions"])
    function = {
        "name": "f",
        "parameters": {"type": "dict", "properties": {"p": row["schema"]}, "required": []},
    }
    return match_category(
        "simple", [Call("f", {"p": row["value"]})], [{"f": {"p": row["accepted"]}}], [function]
    )


def test_every_recorded_verdict_and_its_reason_is_ours_too() -> None:
    samples = {sample.id: sample for sample in SUITE.samples(Source())}
    for row in ROWS:
        ours = _ours(row, samples)
        assert (ours.right, ours.error) == (row["valid"], _kind(row["error"])), row


@pytest.mark.parametrize("error", sorted({*KINDS.values(), "wrong_value"}))
def test_the_record_has_cases_of_every_reason(error: str) -> None:
    counts = Counter(_kind(row["error"]) for row in ROWS)
    assert counts[error] >= 3
    assert counts[None] >= 200
