"""Intervals of scores in [0, 1] measured on simulated systems: few samples, and means over categories.

The short form runs always; `-m stress` runs the same code on the whole grid, often enough to tell 93 from
95 %. What was found is logged: `pytest -m stress --log-cli-level=INFO` shows it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from math import sqrt

import numpy as np
import pytest

from evals.measure import CategoryMean, Columns, Mean, Statistic
from evals.stats.intervals import interval
from evals.stats.pairs import compare

LOG = logging.getLogger(__name__)
Draw = Callable[[np.random.Generator, int], np.ndarray]


def mixed(none: float, whole: float) -> Draw:
    """Like token F1: some all wrong, some all right, the rest between."""

    def draw(rng: np.random.Generator, n: int) -> np.ndarray:
        kind = rng.random(n)
        return np.where(kind < none, 0.0, np.where(kind > 1 - whole, 1.0, rng.beta(2, 2, n)))

    return draw


SCORES: dict[str, tuple[Draw, float]] = {
    "uniform": (lambda rng, n: rng.random(n), 0.5),
    "U-shaped": (lambda rng, n: rng.beta(0.3, 0.3, n), 0.5),
    "U-shaped, high": (lambda rng, n: rng.beta(0.6, 0.2, n), 0.75),
    "token F1": (mixed(0.2, 0.4), 0.6),
    "token F1, low": (mixed(0.7, 0.0), 0.15),
    "token F1, high": (mixed(0.0, 0.8), 0.9),
    "hump": (lambda rng, n: rng.beta(8, 2, n), 0.8),
}
# Few scores can't say that they vary little, so the interval allows that they vary as shares do.
LEAST = 0.93


def check(name: str, found: Callable[[int, np.random.Generator], bool], runs: int, least: float) -> None:
    rng = np.random.default_rng(2)
    held = sum(found(seed, rng) for seed in range(runs)) / runs
    LOG.info(f"coverage {name:40} {100 * held:5.1f} %")
    assert held >= least - 2.5 * sqrt(least * (1 - least) / runs)


def holds(
    statistic: Statistic, columns: Columns, clusters: list[str], truth: float, seed: int, widest: float = 1.0
) -> bool:
    found = interval(statistic, columns, clusters, bounds=(0.0, 1.0), resamples=200, seed=seed)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low < found.high <= 1
    assert found.high - found.low <= widest
    return found.low - 1e-9 <= truth <= found.high + 1e-9


def check_scores(name: str, n: int, runs: int, groups: int | None = None) -> None:
    draw, truth = SCORES[name]

    def once(seed: int, rng: np.random.Generator) -> bool:
        x, clusters = draw(rng, n), [str(i) for i in range(n)]
        if groups is not None:  # half of a group's samples are alike
            codes = np.repeat(np.arange(groups), 1 + rng.multinomial(n - groups, np.full(groups, 1 / groups)))
            x, clusters = np.where(rng.random(n) < 0.7, draw(rng, groups)[codes], x), [str(c) for c in codes]
        return holds(Mean("x"), {"x": x}, clusters, truth, seed)

    check(f"{name}, n={n}, groups {groups}", once, runs, LEAST)


@pytest.mark.parametrize("n", [5, 12])
@pytest.mark.parametrize("name", ["uniform", "U-shaped", "token F1", "token F1, high"])
def test_intervals_of_few_scores_cover(name: str, n: int) -> None:
    check_scores(name, n, 200)


@pytest.mark.stress
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("groups", [None, 8, 20])
@pytest.mark.parametrize("n", [5, 8, 12, 20, 50, 200])
@pytest.mark.parametrize("name", SCORES)
def test_intervals_of_scores_cover_on_the_whole_grid(name: str, n: int, groups: int | None) -> None:
    if groups is None or groups * 2 < n:
        check_scores(name, n, 3000, groups)


def few_categories() -> tuple[np.ndarray, np.ndarray]:
    """Categories of 24, 12, 8, 4 and 12 samples; some groups have several samples, of several categories."""
    codes = np.repeat(np.arange(5), (24, 12, 8, 4, 12))
    groups = [i if i < 11 else i % 11 for i in range(16)] + [0, 0, 1, 1, 2, 3, 4, 5]  # 11 groups, of 2 or so
    groups += [100 + i // 3 for i in range(12)]  # four of three
    groups += [200 + i for i in range(8)]
    groups += [100 + i for i in range(4)]  # the same four
    groups += [0, 1, 2, 3, 4, 100, 101, 102, 300, 301, 302, 303]
    return codes, np.asarray(groups)


def many_categories(k: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(np.arange(k), n), np.arange(k * n)


STRUCTURES = {
    "built in": few_categories(),
    "25 of 4": many_categories(25, 4),
    "50 of 2": many_categories(50, 2),
    "3 of 30": many_categories(3, 30),
    "10 of 1": many_categories(10, 1),
}
RATES: dict[str, Callable[[int], np.ndarray]] = {
    **{f"{rate:g}": (lambda k, rate=rate: np.full(k, rate)) for rate in (0.2, 0.5, 0.8, 0.98)},
    "all or nothing": lambda k: np.arange(k) % 5 // 4 * 1.0,
    "5 to 95 %": lambda k: np.linspace(0.05, 0.95, k),
}


def check_categories(structure: str, rates: str, alike: float, runs: int) -> None:
    """`alike` is the chance that a sample shares its group's luck, in all categories."""
    codes, groups = STRUCTURES[structure]
    share = RATES[rates](codes.max() + 1)
    clusters = [str(group) for group in groups]

    def once(seed: int, rng: np.random.Generator) -> bool:
        luck = np.where(rng.random(len(codes)) < alike, rng.random(400)[groups], rng.random(len(codes)))
        columns = {"x": (luck < share[codes]) * 1.0, "c": codes * 1.0}
        return holds(CategoryMean("x", "c"), columns, clusters, float(share.mean()), seed, widest=0.75)

    check(f"{structure} at {rates}, alike {alike}", once, runs, LEAST)


@pytest.mark.parametrize("rates", ["0.5", "0.98", "all or nothing"])
def test_intervals_of_means_over_categories_cover(rates: str) -> None:
    check_categories("built in", rates, 0.0, 80)


@pytest.mark.stress
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("alike", [0.0, 0.5])
@pytest.mark.parametrize("rates", RATES)
@pytest.mark.parametrize("structure", STRUCTURES)
def test_intervals_of_means_over_categories_cover_everywhere(
    structure: str, rates: str, alike: float
) -> None:
    check_categories(structure, rates, alike, 2000)


def test_a_mean_over_categories_is_compared_by_swapping() -> None:
    codes, groups = few_categories()
    rng = np.random.default_rng(0)
    before = (rng.random(len(codes)) < 0.9) * 1.0
    now = before * (rng.random(len(codes)) < 0.6)
    columns = [{"x": x, "c": codes * 1.0} for x in (before, now)]
    found = compare(
        CategoryMean("x", "c"), *columns, [str(group) for group in groups], bounds=(0.0, 1.0), resamples=499
    )
    assert found.p_worse == 1 / 500
    assert (found.wins, found.losses) == (0, int((before != now).sum()))
    assert found.low is not None
    assert -1 <= found.low < found.difference  # type: ignore[operator]


def test_no_difference_of_shares_is_greater_than_1() -> None:
    a, b = {"x": np.array([0.0, 0.1, 0.0, 0.0, 0.2, 0.0])}, {"x": np.array([1.0, 0.1, 1.0, 0.9, 1.0, 1.0])}
    names = [str(i) for i in range(6)]
    found = compare(Mean("x"), a, b, names, bounds=(0.0, 1.0))
    assert found.high == 1.0
    free = compare(Mean("x"), a, b, names)
    assert free.high is not None
    assert free.high > 1
