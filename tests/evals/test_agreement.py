from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.agreement import Auroc, BalancedAccuracy
from evals.metrics.auroc import auroc
from evals.metrics.balanced_accuracy import balanced_accuracy

ROWS = st.lists(
    st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.integers(0, 1), st.integers(0, 1), st.integers(0, 3)),
    min_size=1,
    max_size=12,
)


def _same(ours: float, theirs: float | None) -> bool:
    return bool(np.isnan(ours)) if theirs is None else ours == pytest.approx(theirs, abs=1e-12)


@settings(max_examples=150)
@given(ROWS)
def test_equal_to_the_metrics_row_by_row(rows: list[tuple[float, int, int, int]]) -> None:
    score, label, part, weight = (np.asarray(column, dtype=float) for column in zip(*rows, strict=True))
    columns = {"score": score, "label": label, "part": part, "said": (score >= 0.5).astype(float)}
    many = np.stack([weight, np.ones(len(rows)), weight + part])
    areas, right = Auroc("score", "label")(columns, many), BalancedAccuracy("said", "label")(columns, many)
    macro = Auroc("score", "label", "part")(columns, many)
    for place, weights in enumerate(many):
        assert _same(areas[place], auroc(score, label, weights))
        assert _same(right[place], balanced_accuracy(score, label, weights, threshold=0.5))
        parts = [auroc(score[part == p], label[part == p], weights[part == p]) for p in np.unique(part)]
        counted = [value for value in parts if value is not None]
        assert _same(macro[place], float(np.mean(counted)) if counted else None)
        alone = Auroc("score", "label")(columns, weights)
        assert alone.shape == ()
        assert _same(float(alone), auroc(score, label, weights))


def test_no_rows_are_no_figure() -> None:
    empty = {"score": np.zeros(0), "label": np.zeros(0)}
    assert np.isnan(Auroc("score", "label")(empty, np.zeros((2, 0)))).all()
