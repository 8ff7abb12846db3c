"""Pairs: two runs on the same samples, compared by swapping which run gave which answer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evals.measure import Array, Bounds, CategoryMean, Columns, Mean, Ratio, Statistic
from evals.stats.clusters import Clusters
from evals.stats.intervals import ANY, tidy
from evals.stats.resampling import ERRORS, change, studentized
from evals.stats.shares import change_interval, is_share
from evals.stats.sums import Sums, difference_of, sums_of

Better = Literal["higher", "lower", "neither"]
EXACT = 13
"""Up to this many groups all 2^groups swaps are tried."""


RESAMPLES = 2000
"""For intervals of differences."""


@dataclass(frozen=True)
class Comparison:
    """The second run (now) against the first (baseline).

    Attributes:
        difference: figure now minus figure of the baseline; None where one isn't defined.
        low: lower end of the difference's confidence interval; None where there is none.
        high: upper end.
        p: two-sided, of the permutation test; never 0.
        p_worse: one-sided, against "now isn't worse"; None where neither direction is good.
        effect: the difference in standard deviations of what one group contributes to it (Cohen's d_z where
            each sample is its own group); None where nothing varies.
        wins: samples on which now is better; None where samples have no figure of their own.
        losses: on which it's worse.
        ties: on which they're equal.
        n: samples.
        groups: independent groups among them.
        method: how the interval was made.
    """

    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    p_worse: float | None
    effect: float | None
    wins: int | None
    losses: int | None
    ties: int | None
    n: int
    groups: int
    method: str = ""


def compare(
    statistic: Statistic,
    a: Columns,
    b: Columns,
    clusters: Sequence[str],
    *,
    better: Better = "higher",
    bounds: Bounds = ANY,
    level: float = 0.95,
    resamples: int | None = None,
    seed: int = 0,
) -> Comparison:
    """Compares two runs on the same samples.

    The test swaps the two runs' scores group by group: if the systems are equally good, either could have
    given either.

    Args:
        statistic: what to compute.
        a: the baseline's columns, each of shape [n], without NaN.
        b: this run's, of the same samples in the same order.
        clusters: the group of each sample.
        better: which direction is good.
        bounds: lowest and highest value that the figure can have; no difference is greater than their own.
        level: confidence of the interval.
        resamples: swaps tried; by default 9,999 for sums and 1,999 for other figures.
        seed: the same seed gives the same answer.
    """
    n, groups = len(clusters), Clusters(clusters)
    wins = losses = ties = None
    each = gains(statistic, a, b, better=better)
    if each is not None:
        wins, losses = int((each > 0).sum()), int((each < 0).sum())
        ties = n - wins - losses
    before = float(statistic(a, np.ones(n))) if n else math.nan
    after = float(statistic(b, np.ones(n))) if n else math.nan
    if not math.isfinite(before) or not math.isfinite(after):
        return Comparison(None, None, None, None, None, None, wins, losses, ties, n, groups.count)
    difference = after - before
    count = resamples or (1999 if sums_of(statistic, a, groups) is None else 9999)
    p, p_higher, p_lower = _permute(statistic, a, b, groups, count, seed)
    p_worse = {"higher": p_lower, "lower": p_higher, "neither": None}[better]
    low = high = error = math.nan
    method = "one group: no interval"
    if groups.count > 1:
        low, high, error, method = _interval(statistic, a, b, groups, level, seed)
    widest = bounds[1] - bounds[0]
    if math.isfinite(low) and all(bounds[0] <= value <= bounds[1] for value in (before, after)):
        low, high = max(low, -widest), min(high, widest)
    effect = None if difference else 0.0
    if error > 0:
        effect = tidy(difference / (error * math.sqrt(groups.count)))
    return Comparison(
        tidy(difference),
        tidy(low),
        tidy(high),
        p,
        p_worse,
        effect,
        wins,
        losses,
        ties,
        n,
        groups.count,
        method,
    )


def _interval(
    statistic: Statistic, a: Columns, b: Columns, clusters: Clusters, level: float, seed: int
) -> tuple[float, float, float, str]:
    """Returns the ends of the difference's interval, its standard error and the method."""
    sums = difference_of(statistic, a, b, clusters)
    if sums is None:
        both, change_of = _stacked(statistic, a, b)
        return change(change_of, both, clusters, level, ERRORS, seed)
    _, error = sums.jackknife()
    if isinstance(statistic, Mean) and is_share(statistic, a) and is_share(statistic, b):
        moved = b[statistic.column] - a[statistic.column]
        wins, losses = int((moved > 0).sum()), int((moved < 0).sum())
        low, high, method = change_interval(sums, wins, losses, level)
    else:
        low, high, method = studentized(sums, clusters, level, RESAMPLES, seed)
    return low, high, error, method


@dataclass(frozen=True)
class _Change:
    """The figure of b minus that of a, over columns in which both lie side by side."""

    statistic: Statistic

    @property
    def needs(self) -> tuple[str, ...]:
        return self.statistic.needs

    def __call__(self, columns: Columns, weights: Array) -> Array:
        a = {name: columns["a." + name] for name in self.needs}
        b = {name: columns["b." + name] for name in self.needs}
        return self.statistic(b, weights) - self.statistic(a, weights)


def _stacked(statistic: Statistic, a: Columns, b: Columns) -> tuple[Columns, Statistic]:
    both = {"a." + name: a[name] for name in statistic.needs}
    both.update({"b." + name: b[name] for name in statistic.needs})
    return both, _Change(statistic)


def gains(statistic: Statistic, a: Columns, b: Columns, *, better: Better) -> Array | None:
    """Returns by how much each sample got better from a to b, shape [n], negative for worse.

    None where a sample has no figure of its own (AUROC), or no direction is good.
    """
    if better == "neither":
        return None
    if isinstance(statistic, (Mean, CategoryMean)):
        moved = b[statistic.column] - a[statistic.column]
    elif isinstance(statistic, Ratio):
        above, below = statistic.needs
        with np.errstate(invalid="ignore", divide="ignore"):
            moved = statistic.factor * (b[above] / b[below] - a[above] / a[below])
        moved = np.where(np.isfinite(moved), moved, 0.0)
    else:
        return None
    return moved if better == "higher" else -moved


def _permute(
    statistic: Statistic, a: Columns, b: Columns, clusters: Clusters, resamples: int, seed: int
) -> tuple[float, float, float]:
    """Returns p-values: two-sided, for "higher", for "lower"."""
    exact = 2**clusters.count <= resamples + 1 or clusters.count <= EXACT
    n = len(clusters.codes)
    width = clusters.count
    one, other = sums_of(statistic, a, clusters), sums_of(statistic, b, clusters)
    if one is None or other is None:
        width = 2 * n
    flips = clusters.all_flips(width) if exact else clusters.flips(resamples, seed, width)
    found = float(statistic(b, np.ones(n)) - statistic(a, np.ones(n)))
    values = np.concatenate(list(_swapped(statistic, a, b, one, other, clusters, flips)))
    tolerance = 1e-9 * max(1e-300, float(np.nanmax(np.abs(values), initial=abs(found))))
    # A swap in which the figure isn't defined says nothing against chance, so it counts against an alarm.
    lost = int(np.isnan(values).sum())
    higher = int((values >= found - tolerance).sum()) + lost
    lower = int((values <= found + tolerance).sum()) + lost
    both = int((np.abs(values) >= abs(found) - tolerance).sum()) + lost
    add, total = (0, len(values)) if exact else (1, len(values) + 1)
    return (both + add) / total, (higher + add) / total, (lower + add) / total


def _swapped(
    statistic: Statistic,
    a: Columns,
    b: Columns,
    one: Sums | None,
    other: Sums | None,
    clusters: Clusters,
    flips: Iterator[Array],
) -> Iterator[Array]:
    """Gives the difference after each choice of groups to swap."""
    if one is not None and other is not None:
        (first,), (second,) = one.terms, other.terms
        for flip in flips:
            above, below = flip @ (second.above - first.above), flip @ (second.below - first.below)
            with np.errstate(invalid="ignore", divide="ignore"):
                now = (second.above.sum() - above) / (second.below.sum() - below)
                before = (first.above.sum() + above) / (first.below.sum() + below)
            yield first.factor * (now - before)
        return
    columns = {name: np.concatenate([a[name], b[name]]) for name in statistic.needs}
    for flip in flips:
        swapped = clusters.expand(flip)
        now = statistic(columns, np.concatenate([swapped, 1 - swapped], axis=1))
        yield now - statistic(columns, np.concatenate([1 - swapped, swapped], axis=1))
