from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.measure import CategoryMean, Mean, Measure, Ratio, Whole, counted


@pytest.mark.parametrize(
    ("unit", "most"), [("", 1.0), ("s", math.inf), ("bits", math.inf), ("count", math.inf)]
)
def test_a_share_lies_between_0_and_1_and_a_quantity_above_0(unit: str, most: float) -> None:
    assert Measure("x", Mean("x"), unit=unit).range == (0.0, most)


def test_a_measure_may_say_its_own_bounds() -> None:
    assert Measure("correlation", Mean("x"), bounds=(-1.0, 1.0)).range == (-1.0, 1.0)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 3)), min_size=1, max_size=12),
    st.integers(0, 3),
)
def test_the_mean_over_categories_is_the_mean_of_means(rows: list[tuple[int, bool, int]], more: int) -> None:
    codes, values, weights = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    table = np.stack([weights, weights + more, np.ones(len(rows))])
    found = CategoryMean("x", "c")({"x": values, "c": codes}, table)
    for row, got in zip(table, found, strict=True):
        means = [
            np.average(values[codes == code], weights=row[codes == code])
            for code in set(codes)
            if row[codes == code].sum()
        ]
        assert got == pytest.approx(np.mean(means)) if means else np.isnan(got)
        alone = CategoryMean("x", "c")({"x": values, "c": codes}, row)
        assert alone == pytest.approx(got, nan_ok=True)


def test_a_statistic_says_which_samples_count_and_without_a_word_all_do() -> None:
    columns = {"a": np.array([0.0, 1.0, 0.0]), "b": np.array([0.0, 0.0, 2.0])}
    assert counted(Ratio("a", "b"), columns).tolist() == [False, True, True]
    for all_of_them in (Mean("a"), CategoryMean("a", "b"), Whole(("a", "b"), lambda a, b, w: 0.0)):
        assert counted(all_of_them, columns).tolist() == [True] * 3
