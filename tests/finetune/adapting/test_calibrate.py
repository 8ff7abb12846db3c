import numpy as np
import pytest

from evals.metrics.ece import ece
from finetune.adapting.calibrate import best_threshold, cross_fitted, fit
from homespun.errors import UsageError


def drawn(count: int, seed: int = 0):
    draw = np.random.default_rng(seed)
    odds = draw.normal(0, 3, count)
    right = draw.random(count) < 1 / (1 + np.exp(-(0.5 * odds - 1)))
    return [{"odds": float(one)} for one in odds], right.astype(float)


def test_it_finds_the_weights_that_made_the_data():
    values, right = drawn(20000)
    found = fit(values, right)
    assert found.weights["odds"] == pytest.approx(0.5, abs=0.03)
    assert found.constant == pytest.approx(-1, abs=0.08)


def test_each_group_is_judged_by_others():
    values, right = drawn(4000)
    groups = [f"article {n % 20}" for n in range(len(values))]
    chances = cross_fitted(values, right, groups)
    assert ece(chances, right) < 0.03
    flipped = np.where(np.asarray([g == "article 0" for g in groups]), 1 - right, right)
    again = cross_fitted(values, flipped, groups)
    held = np.asarray([g == "article 0" for g in groups])
    assert np.allclose(chances[held], again[held])
    assert not np.allclose(chances[~held], again[~held])


def test_separable_cases_have_an_answer_and_one_sided_ones_are_refused():
    values = [{"odds": float(n)} for n in range(-5, 6)]
    found = fit(values, [float(n > 0) for n in range(-5, 6)])
    assert 0 < found({"odds": -1.0}) < 0.5 < found({"odds": 2.0}) < 1
    with pytest.raises(UsageError, match="right cases and wrong ones"):
        fit(values, [1.0] * 11)


def test_the_threshold_is_where_the_gain_is_largest():
    chances = [n / 100 for n in range(101)]
    assert best_threshold(chances, lambda bound: -abs(bound - 0.7)) == pytest.approx(0.7, abs=0.01)
