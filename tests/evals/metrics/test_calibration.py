"""Scores against labels: AUROC, balanced accuracy, Brier score, calibration error and its bins."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.auroc import auroc
from evals.metrics.balanced_accuracy import balanced_accuracy
from evals.metrics.brier import brier
from evals.metrics.ece import ece
from evals.metrics.reliability import reliability_bins

Metric = Callable[..., float | None]
ALL: list[Metric] = [
    auroc,
    balanced_accuracy,
    brier,
    ece,
    partial(ece, binning="mass"),
    partial(ece, bins=3, binning="mass"),
]
ROWS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.5, 0.7, 1.0]), st.booleans(), st.integers(0, 3)),
    max_size=25,
)


def test_the_figures_are_those_of_the_definitions() -> None:
    scores, labels = [0.1, 0.4, 0.4, 0.9], [0, 0, 1, 1]
    assert auroc(scores, labels) == 3.5 / 4  # of four pairs one is a tie
    assert balanced_accuracy(scores, labels, threshold=0.4) == 0.75
    assert balanced_accuracy(scores, labels) == 0.75
    assert brier(scores, labels) == pytest.approx((0.01 + 0.16 + 0.36 + 0.01) / 4)
    assert ece(scores, labels) == pytest.approx(0.25 * 0.1 + 0.5 * 0.1 + 0.25 * 0.1)
    assert ece(scores, labels, bins=2, binning="mass") == pytest.approx(0.75 * abs(0.3 - 1 / 3) + 0.25 * 0.1)


def test_bins_say_what_they_hold() -> None:
    low, high = reliability_bins([0.2, 0.0, 0.05, 0.9], [0, 0, 1, 1], bins=2)
    assert (low.low, low.high, low.weight) == (0.0, 0.2, 3)
    assert (low.score, low.label) == (pytest.approx(0.25 / 3), pytest.approx(1 / 3))
    assert (high.low, high.high, high.weight, high.score, high.label) == (0.9, 0.9, 1, 0.9, 1.0)
    assert reliability_bins([], []) == []


def test_bins_of_equal_mass_hold_equally_many_where_nothing_ties() -> None:
    scores = np.random.default_rng(0).random(1000)
    assert [one.weight for one in reliability_bins(scores, scores < 0.5, binning="mass")] == [100] * 10


@given(ROWS)
def test_a_weight_is_how_often_a_row_is_there(rows: list[tuple[float, bool, int]]) -> None:
    repeated = [(score, label) for score, label, times in rows for _ in range(times)]
    for metric in ALL:
        once = metric(*_columns(rows))
        again = metric([score for score, _ in repeated], [label for _, label in repeated])
        assert once == pytest.approx(again, abs=1e-12)
    for binning in ("width", "mass"):
        once_bins = reliability_bins(*_columns(rows), bins=4, binning=binning)
        again_bins = (
            reliability_bins(*zip(*repeated, strict=True), bins=4, binning=binning) if repeated else []
        )
        assert [(b.low, b.high, b.weight) for b in once_bins] == [
            (b.low, b.high, b.weight) for b in again_bins
        ]


@given(ROWS, st.randoms(use_true_random=False))
def test_order_does_not_matter(rows: list[tuple[float, bool, int]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for metric in ALL:
        assert metric(*_columns(rows)) == pytest.approx(metric(*_columns(shuffled)), abs=1e-12)


def test_one_class_or_no_weight_is_no_figure() -> None:
    for metric in (auroc, balanced_accuracy):
        assert metric([0.2, 0.8], [1, 1]) is None
        assert metric([0.2, 0.8], [0, 1], [1, 0]) is None
    for metric in ALL:
        assert metric([], []) is None
        assert metric([0.2, 0.8], [0, 1], [0, 0]) is None


@pytest.mark.parametrize(
    ("scores", "labels", "weights", "wrong"),
    [
        ([0.1], [0, 1], None, "equally long"),
        ([0.1, 0.2], [0, 1], [1], "equally long"),
        ([0.1], [2], None, "0 or 1"),
        ([float("nan")], [1], None, "finite"),
        ([0.1], [1], [-1], "negative"),
        ([[0.1]], [1], None, "one column"),
    ],
)
def test_columns_that_are_none_are_refused(
    scores: list[float], labels: list[int], weights: list[float] | None, wrong: str
) -> None:
    for metric in ALL:
        with pytest.raises(ValueError, match=wrong):
            metric(scores, labels, weights)


def test_only_ranks_matter_to_auroc_while_calibration_needs_probabilities() -> None:
    assert auroc([-5, 3], [0, 1]) == 1.0
    for metric in (brier, ece, reliability_bins):
        with pytest.raises(ValueError, match="probabilities"):
            metric([-5, 3], [0, 1])
    with pytest.raises(ValueError, match="1 bin"):
        ece([0.5], [1], bins=0)


def _columns(rows: list[tuple[float, bool, int]]) -> tuple[list[float], list[bool], list[int]]:
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]
