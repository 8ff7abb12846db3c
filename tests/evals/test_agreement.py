from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.agreement import Auroc, BalancedAccuracy, BestThreshold, Ece
from evals.metrics.auroc import auroc
from evals.metrics.balanced_accuracy import balanced_accuracy
from evals.metrics.best_threshold import best_threshold
from evals.metrics.ece import ece

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
    off, best = Ece("score", "label")(columns, many), BestThreshold("score", "label", "part")(columns, many)
    for place, weights in enumerate(many):
        assert _same(areas[place], auroc(score, label, weights))
        assert _same(right[place], balanced_accuracy(score, label, weights, threshold=0.5))
        assert _same(off[place], ece(score, label, weights))
        reached = best_threshold(score, label, part, weights)
        assert _same(best[place], None if reached is None else reached[0])
        parts = [auroc(score[part == p], label[part == p], weights[part == p]) for p in np.unique(part)]
        counted = [value for value in parts if value is not None]
        assert _same(macro[place], float(np.mean(counted)) if counted else None)
        alone = Auroc("score", "label")(columns, weights)
        assert alone.shape == ()
        assert _same(float(alone), auroc(score, label, weights))
        for statistic, together in (
            (Ece("score", "label"), off),
            (BestThreshold("score", "label", "part"), best),
        ):
            alone = statistic(columns, weights)
            assert alone.shape == ()
            assert _same(float(alone), together[place] if weights.sum() > 0 else None)


def test_no_rows_are_no_figure() -> None:
    empty = {"score": np.zeros(0), "label": np.zeros(0)}
    for statistic in (Ece("score", "label"), BestThreshold("score", "label", "label")):
        assert np.isnan(statistic(empty, np.zeros((2, 0)))).all()
    assert np.isnan(Auroc("score", "label")(empty, np.zeros((2, 0)))).all()
