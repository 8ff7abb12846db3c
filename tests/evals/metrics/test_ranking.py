"""The metrics of ranked lists, on lists small enough for pencil and paper."""

import math
from collections.abc import Callable

import pytest

from evals.metrics.average_precision import average_precision
from evals.metrics.ndcg import ndcg
from evals.metrics.precision_at_k import precision_at_k
from evals.metrics.recall_at_k import recall_at_k
from evals.metrics.reciprocal_rank import reciprocal_rank

RANKED = ["a", "b", "c", "d"]
GRADES = {"b": 1, "d": 3, "missing": 2, "c": 0, "a": -1}
ALL: list[Callable[..., float | None]] = [
    average_precision,
    ndcg,
    precision_at_k,
    recall_at_k,
    reciprocal_rank,
]


def test_the_figures_are_those_of_the_definitions() -> None:
    assert recall_at_k(RANKED, GRADES, 2) == pytest.approx(1 / 3)
    assert recall_at_k(RANKED, GRADES, 10) == pytest.approx(2 / 3)
    assert precision_at_k(RANKED, GRADES, 2) == 0.5
    assert precision_at_k(RANKED, GRADES, 10) == 0.2  # places that nothing fills aren't relevant
    assert reciprocal_rank(RANKED, GRADES) == 0.5
    assert average_precision(RANKED, GRADES) == pytest.approx((1 / 2 + 2 / 4) / 3)
    ideal = 3 / math.log2(2) + 2 / math.log2(3) + 1 / math.log2(4)
    assert ndcg(RANKED, GRADES) == pytest.approx((1 / math.log2(3) + 3 / math.log2(5)) / ideal)


def test_a_depth_cuts_the_list_and_for_ndcg_the_ideal_one_too() -> None:
    assert reciprocal_rank(RANKED, GRADES, 1) == 0.0
    assert average_precision(RANKED, GRADES, 2) == pytest.approx(0.5 / 3)
    assert ndcg(RANKED, GRADES, 2) == pytest.approx((1 / math.log2(3)) / (3 + 2 / math.log2(3)))


def test_relevant_ids_alone_are_grades_of_one() -> None:
    for metric in ALL:
        assert metric(RANKED, {"b", "d"}, 3) == metric(RANKED, {"b": 1, "d": 1}, 3)


def test_nothing_found_is_zero_and_nothing_relevant_is_no_figure() -> None:
    for metric in ALL:
        assert metric([], {"b"}, 3) == 0.0
        assert metric(RANKED, {"c": 0}, 3) == (0.0 if metric is precision_at_k else None)


def test_lists_that_are_none_are_refused() -> None:
    for metric in ALL:
        with pytest.raises(ValueError, match="each id once"):
            metric(["a", "a"], {"a"}, 3)
        with pytest.raises(ValueError, match="1 or more"):
            metric(RANKED, {"a"}, 0)
        for grade in (math.nan, math.inf):
            with pytest.raises(ValueError, match="finite"):
                metric(RANKED, {"a": grade}, 3)
