"""Our statistics beside SciPy's, where both are defined the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evals.measure import Mean, Ratio, Whole
from evals.stats.corrections import benjamini_hochberg
from evals.stats.intervals import interval
from evals.stats.pairs import compare
from evals.stats.quantiles import binomial_quantile, normal_quantile, normal_share, t_quantile


def names(n: int) -> list[str]:
    return [str(index) for index in range(n)]


@given(st.integers(1, 400), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_is_scipys(n: int, share: float, level: float) -> None:
    right = round(share * n)
    ours = interval(Mean("x"), {"x": np.repeat([1.0, 0.0], [right, n - right])}, names(n), level=level)
    if n == 1:
        assert ours.low is None
        return
    theirs = stats.binomtest(right, n).proportion_ci(level, method="wilson")
    assert (ours.method, ours.value) == ("Wilson", right / n)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(st.lists(st.floats(0, 1), max_size=20))
def test_benjamini_hochberg_is_scipys(ps: list[float]) -> None:
    theirs = stats.false_discovery_control(ps) if ps else []
    assert benjamini_hochberg(ps) == pytest.approx(list(theirs), abs=1e-12)


@pytest.mark.parametrize("kind", ["mean", "ratio", "median"])
@pytest.mark.parametrize("shift", [0.0, 0.6])
def test_exact_permutation_tests_are_scipys(kind: str, shift: float) -> None:
    rng = np.random.default_rng(2)
    a, b, size = rng.normal(size=9), rng.normal(size=9) + shift, rng.integers(1, 9, 9) * 1.0
    statistic, theirs = {
        "mean": (Mean("x"), lambda x, y: y.mean() - x.mean()),
        "ratio": (Ratio("x", "size"), lambda x, y: y.sum() / size.sum() - x.sum() / size.sum()),
        "median": (
            Whole(("x",), lambda x, w: float(np.median(np.repeat(x, w.astype(int))))),
            lambda x, y: np.median(y) - np.median(x),
        ),
    }[kind]
    ours = compare(statistic, {"x": a, "size": size}, {"x": b, "size": size}, names(9))
    p = {
        side: stats.permutation_test(
            (a, b), theirs, permutation_type="samples", n_resamples=np.inf, alternative=side, vectorized=False
        ).pvalue
        for side in ("less", "greater")
    }
    assert ours.p_worse == pytest.approx(p["less"], abs=1e-9)
    # SciPy doubles the smaller side; ours counts what is as far from 0: the same where swaps are symmetric.
    assert ours.p == pytest.approx(min(1.0, 2 * min(p.values())), abs=1e-9)


def test_the_bootstrap_of_other_figures_is_scipys_bca_but_for_few_groups() -> None:
    x = np.random.default_rng(4).normal(size=250)

    def spread(values: np.ndarray, weights: np.ndarray) -> float:
        return float(
            np.sqrt(np.average((values - np.average(values, weights=weights)) ** 2, weights=weights))
        )

    ours = interval(Whole(("x",), spread), {"x": x}, names(250), resamples=4000)
    theirs = stats.bootstrap((x,), np.std, n_resamples=4000, method="BCa", rng=0).confidence_interval
    assert ours.method == "BCa bootstrap"
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.012)


@given(st.floats(0.001, 0.999), st.integers(1, 200))
def test_quantiles_are_scipys(share: float, freedom: int) -> None:
    assert t_quantile(share, freedom) == pytest.approx(float(stats.t.ppf(share, freedom)), rel=1e-8, abs=1e-9)
    assert normal_quantile(share) == pytest.approx(float(stats.norm.ppf(share)), abs=1e-12)
    assert normal_share(normal_quantile(share)) == pytest.approx(share, abs=1e-12)
    assert binomial_quantile(share, freedom, 0.3) == int(stats.binom.ppf(share, freedom, 0.3))
