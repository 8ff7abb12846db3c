"""A calibration is data and gives probabilities."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homespun.errors import CorruptWeights
from models.encoders.calibration import Calibration, softmax

NUMBERS = st.floats(-1e6, 1e6)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_it_gives_probabilities(weight: float, value: float, constant: float) -> None:
    assert 0.0 <= Calibration({"x": weight}, constant)({"x": value, "unused": 1.0}) <= 1.0


@given(st.lists(NUMBERS, min_size=1))
def test_scores_share_one_probability_by_their_odds(scores: list[float]) -> None:
    found = softmax(scores)
    assert found.sum() == pytest.approx(1.0)
    assert found[scores.index(max(scores))] == found.max()
    assert softmax([score + 3.0 for score in scores]) == pytest.approx(found, abs=1e-9)
    assert softmax([0.0, math.log(3.0)]) == pytest.approx([0.25, 0.75])


@pytest.mark.parametrize("odds", [-math.inf, math.inf])
def test_endless_odds_are_certain(odds: float) -> None:
    assert Calibration({"odds": 1.0})({"odds": odds}) == pytest.approx(float(odds > 0), abs=1e-9)


def test_without_one_the_odds_speak_for_themselves() -> None:
    assert Calibration.from_dict(None, "odds")({"odds": math.log(3)}) == pytest.approx(0.75)


def test_it_is_read_from_plain_values() -> None:
    found = Calibration.from_dict({"weights": {"a": 2, "b": -1}, "constant": 1}, "odds")
    assert found({"a": 1.0, "b": 3.0}) == pytest.approx(0.5)


def test_what_nobody_gives_a_value_for_is_refused() -> None:
    values = {"weights": {"odds": 1.0, "luck": 1.0, "fate": 1.0}, "constant": 0.0}
    with pytest.raises(CorruptWeights, match="weighs fate, luck; known are odds, share"):
        Calibration.from_dict(values, "odds", {"share", "odds"})
    assert (
        Calibration.from_dict(values, "odds", {"odds", "luck", "fate", "more"}).weights == values["weights"]
    )


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {"weights": {}},
        {"weights": {"a": "x"}, "constant": 0},
        {"weights": {"a": math.nan}, "constant": 0},
        {"weights": {}, "constant": math.inf},
        {"constant": 0},
        1,
    ],
)
def test_another_form_is_refused(wrong: object) -> None:
    with pytest.raises(CorruptWeights, match="calibration"):
        Calibration.from_dict(wrong, "odds")
