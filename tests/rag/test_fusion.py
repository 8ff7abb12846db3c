from __future__ import annotations

import math
import statistics
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.fusion import CONSTANT, USUAL, WEIGHTS, convex, normal, rrf

NAMES = st.sampled_from([f"{number:02x}" for number in range(12)])
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
SCORES = st.dictionaries(NAMES, st.one_of(NUMBERS, st.sampled_from([0.0, 1.0, 1e-300, 0.1 + 0.2, 0.3])))
ARMS = st.dictionaries(st.sampled_from(["bm25", "dense", "other"]), SCORES)
RANKINGS = st.dictionaries(st.sampled_from(["bm25", "dense", "other"]), st.lists(NAMES, unique=True))
ALL = {"bm25": 0.35, "dense": 0.65, "other": 0.5}
QUICK = settings(max_examples=150, deadline=None, derandomize=True)


def _ids(found: list[tuple[str, float]]) -> list[str]:
    return [name for name, _ in found]


def test_scores_by_hand() -> None:
    arms = {"bm25": {"a": 9.0, "b": 3.0}, "dense": {"a": 0.2, "b": 0.6}}
    # Two scores are one standard deviation from their mean, up and down: own deviations are 3 and 0.2.
    found = dict(convex(arms))
    words, meaning = 0.35 * 3 / math.sqrt(3 * 2), 0.65 * 0.2 / math.sqrt(0.2 * 0.1)
    assert found == pytest.approx({"a": words - meaning, "b": meaning - words})
    assert dict(convex(arms, usual={})) == pytest.approx({"a": 0.35 - 0.65, "b": 0.65 - 0.35})


def test_an_arm_that_spreads_more_has_more_say_but_not_as_much_more() -> None:
    flat = normal({"a": 1.0, "b": 3.0}, 2.0)
    steep = normal({"a": 4.0, "b": 12.0}, 2.0)
    assert steep["b"] == pytest.approx(2 * flat["b"])
    assert normal({"a": 4.0, "b": 12.0})["b"] == pytest.approx(1)


def test_where_spreads_are_usual_it_is_the_z_score() -> None:
    scores = {"a": 0.1, "b": 0.5, "c": 0.9, "d": 0.3}
    deviation, mean = statistics.pstdev(scores.values()), statistics.fmean(scores.values())
    expected = {name: (score - mean) / deviation for name, score in scores.items()}
    assert normal(scores) == pytest.approx(expected)
    assert normal(scores, deviation) == pytest.approx(expected)


def test_a_missing_score_is_the_arms_lowest() -> None:
    with_gap = {"bm25": {"a": 5.0, "b": 2.0}, "dense": {"a": 0.5, "b": 0.1, "c": 0.4}}
    filled = {**with_gap, "bm25": {"a": 5.0, "b": 2.0, "c": 2.0}}
    assert convex(with_gap) == convex(filled)
    assert _ids(convex(with_gap)) == ["a", "c", "b"]


def test_a_cosine_below_zero_is_no_reason_for_a_missing_one_to_be_better() -> None:
    found = convex({"dense": {"a": -0.1, "b": -0.4}, "bm25": {"c": 1.0, "a": 1.0, "b": 1.0}})
    assert _ids(found) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "silent", [{}, {"a": 0.0, "b": 0.0, "c": 0.0}, {"a": 7.5, "b": 7.5, "c": 7.5}, {"b": 3.0}]
)
def test_an_arm_with_nothing_to_say_leaves_the_others_order(silent: dict[str, float]) -> None:
    dense = {"a": 0.3, "b": 0.1, "c": 0.7}
    assert _ids(convex({"bm25": silent, "dense": dense})) == ["c", "a", "b"]
    assert _ids(convex({"bm25": silent, "dense": dense}, usual={})) == ["c", "a", "b"]


def test_nothing_found_is_nothing() -> None:
    assert convex({}) == convex({"bm25": {}, "dense": {}}) == rrf({}) == rrf({"bm25": []}) == []
    assert convex({"bm25": {"a": 3.0}}) == [("a", 0.0)]


def test_differences_by_rounding_are_none() -> None:
    alike = {"a": 0.1 + 0.2, "b": 0.3}
    assert normal(alike) == normal(alike, 0.1) == {"a": 0.0, "b": 0.0}


@pytest.mark.parametrize("size", [1e-200, 1e-12, 1.0, 1e12, 1e200])
def test_the_size_of_scores_does_not_matter_to_z_scores(size: float) -> None:
    scores = {"a": 1.0, "b": 2.0, "c": 4.0}
    found = normal({name: score * size for name, score in scores.items()})
    assert found == pytest.approx(normal(scores), rel=1e-9)


def test_equal_scores_go_by_id() -> None:
    assert _ids(convex({"bm25": {"b": 1.0, "c": 1.0, "a": 1.0, "z": 2.0}})) == ["z", "a", "b", "c"]
    assert _ids(rrf({"bm25": ["b", "a"], "dense": ["a", "b"]})) == ["a", "b"]


@pytest.mark.parametrize(
    "weights", [{"dense": 1.0}, {"bm25": -0.1, "dense": 1.0}, {"bm25": math.nan, "dense": 1.0}]
)
def test_a_weight_that_is_none_is_told(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="bm25 needs a weight"):
        convex({"bm25": {"a": 1.0}, "dense": {"a": 1.0}}, weights)
    with pytest.raises(ValueError, match="bm25 needs a weight"):
        rrf({"bm25": ["a"], "dense": ["a"]}, weights)


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_is_told(score: float) -> None:
    for scores in ({"a": score, "b": 1.0}, {"b": 1.0, "a": score}):
        with pytest.raises(ValueError, match="finite"):
            convex({"bm25": scores})


@pytest.mark.parametrize("usual", [0.0, -1.0, math.nan, math.inf])
def test_a_usual_deviation_is_above_zero(usual: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        normal({"a": 1.0, "b": 2.0}, usual)


def test_reciprocal_ranks_by_hand() -> None:
    found = dict(rrf({"bm25": ["a", "b"], "dense": ["c", "a"]}))
    assert found == pytest.approx({"a": 1 / 61 + 1 / 62, "b": 1 / 62, "c": 1 / 61})
    found = dict(rrf({"bm25": ["a"], "dense": ["c", "a"]}, {"bm25": 2.0, "dense": 0.5}, 0))
    assert found == pytest.approx({"a": 2 + 0.25, "c": 0.5})
    assert CONSTANT == 60


def test_what_is_no_ranking_is_told() -> None:
    with pytest.raises(ValueError, match="dense ranks an id twice"):
        rrf({"dense": ["a", "b", "a"]})
    for constant in (-1, math.nan, math.inf):
        with pytest.raises(ValueError, match="constant"):
            rrf({"dense": ["a"]}, constant=constant)


def test_the_defaults_are_for_the_same_arms_and_are_shares() -> None:
    assert set(WEIGHTS) == set(USUAL)
    assert math.fsum(WEIGHTS.values()) == pytest.approx(1)


@QUICK
@given(arms=ARMS, known=st.booleans())
def test_every_id_comes_once_with_a_number_and_in_order(
    arms: dict[str, dict[str, float]], known: bool
) -> None:
    found = convex(arms, ALL, usual=USUAL if known else {})
    assert {name for name, _ in found} == {name for scores in arms.values() for name in scores}
    assert len(found) == len({name for name, _ in found})
    assert all(math.isfinite(score) for _, score in found)
    assert found == sorted(found, key=lambda one: (-one[1], one[0]))


@QUICK
@given(arms=ARMS)
def test_the_order_of_arms_and_ids_changes_nothing(arms: dict[str, dict[str, float]]) -> None:
    turned = {arm: dict(reversed(list(scores.items()))) for arm, scores in reversed(list(arms.items()))}
    assert convex(turned, ALL) == convex(arms, ALL)


@QUICK
@given(arms=ARMS)
def test_what_is_better_in_every_arm_is_not_behind(arms: dict[str, dict[str, float]]) -> None:
    found = dict(convex(arms, ALL))
    full = {
        arm: {name: scores.get(name, min(scores.values())) for name in found}
        for arm, scores in arms.items()
        if scores
    }
    for one in found:
        for other in found:
            if all(scores[one] >= scores[other] for scores in full.values()):
                assert found[one] >= found[other]


@QUICK
@given(scores=SCORES)
def test_one_arm_alone_keeps_its_own_order(scores: dict[str, float]) -> None:
    values = [scores[name] for name in _ids(convex({"bm25": scores}))]
    # What differs by rounding alone may change places.
    noise = 1e-9 * max(map(abs, values), default=0.0)
    assert all(before >= after - noise for before, after in pairwise(values))


@QUICK
@given(rankings=RANKINGS, constant=st.floats(0, 1e3))
def test_reciprocal_ranks_do_not_depend_on_the_order_of_arms_and_are_sorted(
    rankings: dict[str, list[str]], constant: float
) -> None:
    found = rrf(rankings, ALL, constant)
    assert found == rrf(dict(reversed(list(rankings.items()))), ALL, constant)
    assert found == sorted(found, key=lambda one: (-one[1], one[0]))
    assert {name for name, _ in found} == {name for ranking in rankings.values() for name in ranking}
    for ranking in rankings.values():
        if len(rankings) == 1 or all(other == ranking for other in rankings.values()):
            assert _ids(found) == ranking
