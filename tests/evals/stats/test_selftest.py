"""The statistics measured on simulated systems whose true figures are known.

The short form runs always; `-m stress` runs the same code on the whole grid, often enough to tell 93 from
95 %. What was found is logged: `pytest -m stress --log-cli-level=INFO` shows it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
import pytest

from evals.agreement import Auroc
from evals.measure import Columns, Mean, Ratio, Statistic
from evals.stats.intervals import interval
from evals.stats.pairs import compare
from evals.stats.power import minimum_detectable_effect

NORMAL = NormalDist()
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Case:
    """One run of a simulated system: its scores and the figure that it would have on all samples."""

    statistic: Statistic
    columns: Columns
    clusters: list[str]
    truth: float


Maker = Callable[[np.random.Generator, int], Case]


def singles(n: int) -> list[str]:
    return [str(index) for index in range(n)]


def group_codes(rng: np.random.Generator, groups: int, n: int) -> np.ndarray:
    """Groups of unequal size, each of at least one sample."""
    return np.repeat(np.arange(groups), 1 + rng.multinomial(n - groups, rng.dirichlet(np.full(groups, 2.0))))


def latent(rng: np.random.Generator, codes: np.ndarray, icc: float) -> np.ndarray:
    """Standard normal values, of which those in one group are correlated by `icc`."""
    own = rng.normal(size=len(codes))
    return np.sqrt(icc) * rng.normal(size=codes.max() + 1)[codes] + np.sqrt(1 - icc) * own


AUROC = Auroc("score", "label")


def binary(share: float) -> Maker:
    return lambda rng, n: Case(Mean("x"), {"x": (rng.random(n) < share) * 1.0}, singles(n), share)


def continuous(rng: np.random.Generator, n: int) -> Case:
    return Case(Mean("x"), {"x": 3 + rng.normal(size=n)}, singles(n), 3.0)


def skewed(sigma: float) -> Maker:
    """Like latencies: lognormal."""
    return lambda rng, n: Case(
        Mean("x"), {"x": np.exp(sigma * rng.normal(size=n))}, singles(n), float(np.exp(sigma**2 / 2))
    )


def token_f1(rng: np.random.Generator, n: int) -> Case:
    """A fifth all wrong, two fifths all right, the rest between."""
    draw = rng.random(n)
    x = np.where(draw < 0.2, 0.0, np.where(draw < 0.6, 1.0, rng.beta(2, 2, n)))
    return Case(Mean("x"), {"x": x}, singles(n), 0.6)


def grouped(groups: int, icc: float) -> Maker:
    def make(rng: np.random.Generator, n: int) -> Case:
        codes = group_codes(rng, groups, n)
        return Case(Mean("x"), {"x": latent(rng, codes, icc)}, [str(code) for code in codes], 0.0)

    return make


def grouped_binary(groups: int, icc: float, share: float) -> Maker:
    def make(rng: np.random.Generator, n: int) -> Case:
        codes = group_codes(rng, groups, n)
        right = latent(rng, codes, icc) < NORMAL.inv_cdf(share)
        return Case(Mean("x"), {"x": right * 1.0}, [str(code) for code in codes], share)

    return make


def bits_per_byte(rng: np.random.Generator, n: int) -> Case:
    """Texts of very different lengths."""
    size = np.ceil(np.exp(4 + 0.8 * rng.normal(size=n)))
    nats = size * 0.8 * np.exp(0.4 * rng.normal(size=n) - 0.08)
    return Case(
        Ratio("nats", "bytes", 1 / np.log(2)), {"nats": nats, "bytes": size}, singles(n), 0.8 / np.log(2)
    )


def precision(rng: np.random.Generator, n: int) -> Case:
    """Right ones of all citations, of which a sample may have none."""
    cited = rng.poisson(2, n)
    right = rng.binomial(cited, rng.beta(8, 2, n))
    return Case(Ratio("right", "cited"), {"right": right * 1.0, "cited": cited * 1.0}, singles(n), 0.8)


def judged(area: float, share: float) -> Maker:
    """A judge of an AUROC, on claims of which a share is supported."""
    apart = np.sqrt(2) * NORMAL.inv_cdf(area)

    def make(rng: np.random.Generator, n: int) -> Case:
        label = (rng.random(n) < share) * 1.0
        label[:2] = (0, 1)
        return Case(AUROC, {"label": label, "score": rng.normal(size=n) + apart * label}, singles(n), area)

    return make


def pair(
    rng: np.random.Generator, n: int, *, alike: float, groups: int | None = None, icc: float = 0.3
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Latent scores of two equal systems on the same samples, correlated by `alike`."""
    codes = np.arange(n) if groups is None else group_codes(rng, groups, n)
    icc = 0.0 if groups is None else icc
    hard, one, other = (latent(rng, codes, icc) for _ in range(3))
    mix = np.sqrt(alike) * hard, np.sqrt(1 - alike)
    return mix[0] + mix[1] * one, mix[0] + mix[1] * other, [str(code) for code in codes]


def coverage(make: Maker, n: int, runs: int, resamples: int = 400) -> float:
    """How often the 95 % interval holds the true figure."""
    rng = np.random.default_rng(n)
    held = 0
    for seed in range(runs):
        case = make(rng, n)
        found = interval(case.statistic, case.columns, case.clusters, resamples=resamples, seed=seed)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= case.truth <= found.high
    return held / runs


def slack(share: float, runs: int) -> float:
    """How far a share may be off by chance: two and a half standard errors."""
    return 2.5 * sqrt(share * (1 - share) / runs)


BAND = (0.93, 0.97)
# Wider than they need be, and not narrower: few groups say little of how alike the samples in a group are,
# counts of rare outcomes jump, and areas near 1 on few samples are bounded carefully.
WIDE = (0.93, 1.0)
# Long tails on few samples: the interval can't know what it hasn't seen.
TAILS = (0.90, 0.97)
GRID: dict[str, tuple[Maker, dict[int, tuple[float, float]]]] = {
    "share 0.5": (binary(0.5), dict.fromkeys((20, 50, 100, 300), BAND)),
    "share 0.8": (binary(0.8), dict.fromkeys((20, 50, 100, 300), BAND)),
    "share 0.9": (binary(0.9), dict.fromkeys((20, 50, 100, 300), (0.92, 0.98))),
    "share 0.97": (binary(0.97), dict.fromkeys((20, 50, 100, 300), (0.92, 1.0))),
    "continuous": (continuous, dict.fromkeys((20, 50, 100, 300), BAND)),
    "lognormal 0.5": (skewed(0.5), dict.fromkeys((20, 50, 100, 300), BAND)),
    "lognormal 1": (skewed(1.0), {20: TAILS, 50: TAILS, 100: (0.92, 0.97), 300: BAND}),
    "token F1": (token_f1, {20: WIDE, 50: BAND, 100: BAND, 300: BAND}),
    "bits per byte": (bits_per_byte, {20: TAILS, 50: TAILS, 100: (0.92, 0.97), 300: BAND}),
    "precision": (precision, {20: WIDE, 50: WIDE, 100: BAND, 300: BAND}),
    "AUROC 0.6": (judged(0.6, 0.5), {20: WIDE, 50: WIDE, 100: WIDE, 300: BAND}),
    "AUROC 0.8, 1 in 5": (judged(0.8, 0.2), {20: WIDE, 50: WIDE, 100: WIDE, 300: BAND}),
    "AUROC 0.95": (judged(0.95, 0.5), {20: WIDE, 50: WIDE, 100: WIDE, 300: WIDE}),
}
for _icc in (0.1, 0.5):
    for _groups, _sizes in ((10, (20, 50, 100, 300)), (20, (50, 100, 300)), (50, (100, 300))):
        GRID[f"{_groups} groups, ICC {_icc}"] = grouped(_groups, _icc), dict.fromkeys(_sizes, BAND)
        for _share in (0.5, 0.9, 0.97):
            GRID[f"{_groups} groups, ICC {_icc}, share {_share}"] = (
                grouped_binary(_groups, _icc, _share),
                dict.fromkeys(_sizes, WIDE),
            )
SHORT = (
    ("share 0.8", 50),
    ("lognormal 0.5", 50),
    ("bits per byte", 300),
    ("precision", 50),
    ("AUROC 0.8, 1 in 5", 50),
    ("10 groups, ICC 0.5", 50),
    ("10 groups, ICC 0.5, share 0.9", 100),
)


def check_coverage(name: str, n: int, runs: int) -> None:
    make, bands = GRID[name]
    low, high = bands[n]
    found = coverage(make, n, runs)
    LOG.info(f"coverage {name:32} n={n:3} {100 * found:5.1f} %")
    assert low - slack(low, runs) <= found <= high + slack(high, runs)


@pytest.mark.parametrize(("name", "n"), SHORT)
def test_intervals_cover(name: str, n: int) -> None:
    check_coverage(name, n, 60 if name.startswith("AUROC") else 120)


@pytest.mark.stress
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("name", "n"), [(name, n) for name, (_, bands) in GRID.items() for n in bands])
def test_intervals_cover_on_the_whole_grid(name: str, n: int) -> None:
    check_coverage(name, n, 400 if name.startswith("AUROC") else 1500)


def test_the_check_of_coverage_can_fail() -> None:
    """An interval that ignores groups doesn't pass."""
    blind = grouped(10, 0.5)

    def make(rng: np.random.Generator, n: int) -> Case:
        case = blind(rng, n)
        return Case(case.statistic, case.columns, singles(n), case.truth)

    assert coverage(make, 100, 120) < 0.93 - slack(0.93, 120)


PAIRS = ("mean", "share", "ratio", "area")


def paired(
    kind: str, rng: np.random.Generator, n: int, alike: float, groups: int | None, by: float
) -> tuple[Statistic, Columns, Columns, list[str], float]:
    """Two systems, the second better (or worse) by a known amount."""
    one, other, clusters = pair(rng, n, alike=alike, groups=groups)
    if kind == "mean":
        return Mean("x"), {"x": one}, {"x": other + by}, clusters, by
    if kind == "share":
        cut, moved = NORMAL.inv_cdf(0.8), NORMAL.inv_cdf(0.8 + by)
        return Mean("x"), {"x": (one < cut) * 1.0}, {"x": (other < moved) * 1.0}, clusters, by
    if kind == "ratio":
        size = np.ceil(np.exp(4 + 0.5 * rng.normal(size=n)))
        a, b = ({"nats": size * (3 + 0.3 * z), "bytes": size} for z in (one, other + by))
        return Ratio("nats", "bytes"), a, b, clusters, 0.3 * by
    label = (rng.random(n) < 0.5) * 1.0
    label[:2] = (0, 1)
    apart, moved = (sqrt(2) * NORMAL.inv_cdf(area) for area in (0.75, 0.75 + by))
    a = {"label": label, "score": one + apart * label}
    b = {"label": label, "score": other + moved * label}
    return AUROC, a, b, clusters, by


def check_pairs(kind: str, n: int, runs: int, alike: float, groups: int | None, swaps: int) -> None:
    rng = np.random.default_rng(5)
    alarms = worse = held = 0
    for seed in range(runs):
        statistic, a, b, clusters, _ = paired(kind, rng, n, alike, groups, 0.0)
        equal = compare(statistic, a, b, clusters, resamples=swaps, seed=seed)
        assert equal.p is not None
        assert equal.p_worse is not None
        alarms += equal.p <= 0.05
        worse += equal.p_worse <= 0.05
        statistic, a, b, clusters, truth = paired(kind, rng, n, alike, groups, 0.1)
        found = compare(statistic, a, b, clusters, resamples=1, seed=seed)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
    LOG.info(
        f"pairs {kind:6} n={n:3} alike {alike} groups {groups}: false alarms {100 * alarms / runs:.1f} %, "
        f"one-sided {100 * worse / runs:.1f} %, intervals {100 * held / runs:.1f} %"
    )
    assert alarms / runs <= 0.05 + slack(0.05, runs)
    assert worse / runs <= 0.05 + slack(0.05, runs)
    assert held / runs >= 0.93 - slack(0.93, runs)


@pytest.mark.parametrize("kind", ["mean", "share", "ratio"])
def test_tests_of_pairs_hold_their_level(kind: str) -> None:
    check_pairs(kind, 40, 80, 0.5, None, 199)


@pytest.mark.stress
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("groups", [None, 12])
@pytest.mark.parametrize("alike", [0.0, 0.7])
@pytest.mark.parametrize("n", [50, 200])
@pytest.mark.parametrize("kind", PAIRS)
def test_tests_of_pairs_hold_their_level_on_the_whole_grid(
    kind: str, n: int, alike: float, groups: int | None
) -> None:
    check_pairs(kind, n, 150 if kind == "area" else 1000, alike, groups, 499)


def check_power(kind: str, n: int, runs: int, alike: float, *, given: bool) -> None:
    """The difference that 80 % of tests find is between 0.8 and 1.25 times what was said."""
    rng = np.random.default_rng(11)
    statistic, a, b, clusters, _ = paired(kind, rng, 3000, alike, None, 0.0)
    large = minimum_detectable_effect(statistic, a, clusters, baseline=b if given else None)
    assert large is not None
    smallest = large * sqrt(3000 / n)  # from many samples, so that it's the rule that is measured
    shares = []
    for factor in (0.8, 1.25):
        by = factor * smallest * (-1 if kind == "share" else 1) / (0.3 if kind == "ratio" else 1)
        found = 0
        for seed in range(runs):
            statistic, a, b, clusters, _ = paired(kind, rng, n, alike, None, by)
            p = compare(statistic, a, b, clusters, resamples=199, seed=seed).p
            assert p is not None
            found += p <= 0.05
        shares.append(found / runs)
    LOG.info(f"power {kind:6} n={n:3} alike {alike} given {given}: {smallest:.3f} found {shares}")
    assert shares[0] <= 0.8 + slack(0.8, runs)
    assert shares[1] >= 0.8 - slack(0.8, runs)


def test_a_detectable_difference_is_detected() -> None:
    check_power("mean", 60, 80, 0.0, given=False)


@pytest.mark.stress
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("alike", "given"), [(0.0, False), (0.0, True), (0.7, True)])
@pytest.mark.parametrize("kind", ["mean", "share", "ratio"])
@pytest.mark.parametrize("n", [50, 200])
def test_a_detectable_difference_is_detected_everywhere(kind: str, n: int, alike: float, given: bool) -> None:
    check_power(kind, n, 600, alike, given=given)
