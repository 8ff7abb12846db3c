"""The best threshold, beside trying every one there is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.best_threshold import best_threshold

ROWS = st.lists(
    st.tuples(st.sampled_from([0.1, 0.4, 0.4, 0.9]), st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 1)),
    min_size=1,
    max_size=9,
)


def test_a_known_case() -> None:
    # Answering the first two gains 0.5 + 1 and leaves the third's rightful abstention alone.
    assert best_threshold([0.9, 0.8, 0.3], [0.5, 1, 0], [0, 0, 1]) == pytest.approx((2.5 / 3, 0.8))
    assert best_threshold([0.9, 0.8], [0, 0], [1, 1]) == (1, math.inf)
    assert best_threshold([], [], []) is None
    assert best_threshold([0.5], [1], [0], [0]) is None


@given(ROWS)
def test_no_threshold_is_better(rows: list[tuple[float, float, int]]) -> None:
    scores, answered, abstained = (np.asarray(column, dtype=float) for column in zip(*rows, strict=True))
    found = best_threshold(scores, answered, abstained)
    assert found is not None
    worths = {t: np.where(scores >= t, answered, abstained).mean() for t in (*scores, math.inf)}
    assert found[0] == pytest.approx(max(worths.values()))
    assert worths[found[1]] == pytest.approx(found[0])


@given(ROWS, st.data())
def test_a_weight_is_a_row_so_many_times(rows: list[tuple[float, float, int]], data: st.DataObject) -> None:
    counts = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    repeated = [row for row, count in zip(rows, counts, strict=True) for _ in range(count)]
    scores, answered, abstained = np.asarray(rows).T
    weighted = best_threshold(scores, answered, abstained, counts)
    scores, answered, abstained = np.asarray(repeated, dtype=float).reshape(-1, 3).T
    once = best_threshold(scores, answered, abstained)
    assert weighted == (None if once is None else pytest.approx(once))


def test_columns_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="equally long"):
        best_threshold([0.5, 0.1], [1], [0, 0])
