from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.estimates import FAILURE_RATE, Row, estimate, slices
from evals.measure import CategoryMean, Mean, Measure, Ratio, Whole
from evals.metrics.latency import percentile
from evals.result import Estimate

F1 = Measure("f1", Mean("x"))


def rows(values: list[float], groups: int | None = None) -> list[Row]:
    return [Row(str(place % (groups or len(values))), {"x": value}) for place, value in enumerate(values)]


def made(measure: Measure, values: list[float], groups: int | None = None) -> Estimate:
    return estimate(measure, rows(values, groups), resamples=200, seed=0)


def test_few_scores_have_an_interval_within_what_is_possible() -> None:
    found = made(F1, [1.0, 1.0, 0.97, 1.0, 0.4, 1.0, 0.9, 1.0])
    assert found.low is not None
    assert found.high is not None
    assert found.mde is not None
    assert 0.5 < found.low < 0.8
    assert found.value is not None
    assert found.value < found.high < 1
    assert found.mde < 0.7


def test_a_count_has_an_interval_above_0() -> None:
    found = made(Measure("tokens", Mean("x"), unit="tokens"), [0, 0.5, 0, 1, 90])
    assert (found.low, found.method) == (0.0, "bootstrap-t")
    assert found.high is not None
    assert found.high > 60


def test_a_ratio_in_halves_is_a_share() -> None:
    """F1 of few samples, as the suite of answers gives it."""
    measure = Measure("f1", Ratio("right", "all"))
    columns = [{"right": 1.0, "all": 1.0}, {"right": 0.0, "all": 0.5}, *[{"right": 0.0, "all": 0.0}] * 6]
    found = estimate(measure, [Row(str(i), one) for i, one in enumerate(columns)], resamples=200, seed=0)
    assert found.value == pytest.approx(2 / 3)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low < 0.3
    assert 0.9 < found.high <= 1


def test_a_ratio_counts_the_samples_that_add_to_it() -> None:
    measure = Measure("precision", Ratio("right", "said"))
    said = [{"right": float(i % 3 > 0), "said": 1.0} for i in range(10)]
    silent = [{"right": 0.0, "said": 0.0}] * 10
    table = [Row(f"g{i // 2}", one) for i, one in enumerate(said + silent)]
    found = estimate(measure, table, resamples=200, seed=0)
    assert (found.n, found.groups, found.value) == (10, 5, 0.6)
    assert found == estimate(measure, table[:10], resamples=200, seed=0)
    none = estimate(measure, table[10:], resamples=200, seed=0)
    assert (none.value, none.n, none.groups) == (None, 0, 0)
    assert none.note == "applies to none of the samples"


def test_a_ratio_counts_what_has_a_numerator_alone() -> None:
    measure = Measure("ratio", Ratio("a", "b"), unit="tokens")
    table = [Row("1", {"a": 1.0, "b": 2.0}), Row("2", {"a": 3.0, "b": 0.0}), Row("3", {"a": 0.0, "b": 0.0})]
    found = estimate(measure, table, resamples=50, seed=0)
    assert (found.value, found.n) == (2.0, 2)


def test_a_figure_without_an_interval_says_why() -> None:
    one = made(F1, [1.0, 0.0, 1.0], groups=1)
    assert (one.low, one.note) == (None, "one group: no interval")
    seconds = Measure("p95", Whole(("x",), partial(percentile, q=95)), unit="s")
    table = [*rows([float(i) for i in range(12)]), Row("failed", failed=True)]
    few = estimate(seconds, table, resamples=50, seed=0)
    assert (few.value is not None, few.low) == (True, None)
    assert few.note == f"1 of 13 samples failed and isn't counted; {few.method}"
    assert "too few samples" in few.method


def test_samples_that_share_a_time_were_timed_together() -> None:
    rows = [Row(str(number), {"timing.s": 0.25, "timing.bytes": 9.0}) for number in range(5)]
    for unit, why in (("s", "the samples were timed together"), ("bytes", "nothing varies")):
        measure = Measure("took", Mean(f"timing.{unit}"), "lower", unit=unit, timing=True)
        found = estimate(measure, rows, resamples=50, seed=0)
        assert (found.value is None, found.low, found.note) == (False, None, f"no interval: {why}")


def test_what_isn_t_a_share_is_not_made_one() -> None:
    gains = [-3.0, 2.0, 4.0, 1.0, -2.0, 1.5, -0.5]
    found = made(F1, gains)
    assert found.low is not None
    assert found.low < 0
    assert found.high is not None
    assert found.high > 1


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.3, 1.0]), st.integers(0, 2)), min_size=2, max_size=14),
    st.integers(2, 9),
    st.sampled_from([Mean("x"), Ratio("x", "one"), CategoryMean("x", "c")]),
)
def test_no_interval_of_scores_leaves_their_range(
    values: list[tuple[float, int]], groups: int, statistic: Mean | Ratio | CategoryMean
) -> None:
    table = [
        Row(str(i % groups), {"x": x, "one": 1.0, "c": float(code)}) for i, (x, code) in enumerate(values)
    ]
    found = estimate(Measure("f1", statistic), table, resamples=50, seed=0)
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 1
    assert found.low < found.high
    assert found.mde is None or found.mde < 1


def test_a_figure_says_how_many_samples_it_leaves_out() -> None:
    table = [*rows([1.0, 0.0] * 29), *[Row(f"failed {i}", failed=True) for i in range(42)]]
    found = estimate(F1, table, resamples=50, seed=0)
    assert (found.n, found.note) == (58, "42 of 100 samples failed and aren't counted")
    assert estimate(F1, table[:59], resamples=50, seed=0).note == "1 of 59 samples failed and isn't counted"
    assert estimate(FAILURE_RATE, table, resamples=50, seed=0).note == ""
    assert estimate(F1, table[:58], resamples=50, seed=0).note == ""
    assert estimate(F1, table[58:], resamples=50, seed=0).note == "no sample was answered"


def test_a_slice_counts_its_own_failures() -> None:
    table = [Row(str(i), {"x": 1.0} if i % 3 else {}, not i % 3, {"half": "ab"[i >= 9]}) for i in range(12)]
    found = slices([F1], table, resamples=50, seed=0)["half"]
    assert {name: one.note[:6] for name, (one,) in found.items()} == {"a": "3 of 9", "b": "1 of 3"}


def test_all_right_in_each_category_is_not_certain() -> None:
    code = np.repeat([0.0, 1.0, 2.0], [24, 12, 4])
    table = [Row(str(i), {"x": 1.0, "c": c}) for i, c in enumerate(code)]
    found = estimate(Measure("accuracy", CategoryMean("x", "c")), table, resamples=50, seed=0)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low is not None
    assert 0.75 < found.low < 0.95
    assert found.method.startswith("Wilson, 3 categories")
