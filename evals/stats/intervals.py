"""Intervals: how far a figure could be from what it would be on all samples of its kind.

Contract: a 95 % interval holds the true figure in 93 to 97 of 100 runs, or in more, for 20 independent groups
and up; the tests' simulation states where it doesn't (heavy tails on few groups). The method depends on the
figure and the data:

- shares (means of zeros and ones, counts out of counts): Wilson's, with the design effect of groups
- other means and ratios that can't leave a range, such as token F1: Wilson's too, for the trials that they
  are worth
- means over categories of either: Wilson's, stratified
- means and ratios without an upper bound: bootstrap-t over groups
- figures of 0/1 labels that stay in [0, 1], such as AUROC: logit, with a bootstrap standard error
- percentiles: order statistics; other figures: BCa

No interval holds what isn't possible, where it's told what is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evals.measure import Array, Bounds, CategoryMean, Columns, Mean, Ratio, Statistic
from evals.stats.categories import category_interval
from evals.stats.clusters import Clusters
from evals.stats.resampling import resampled, studentized
from evals.stats.shares import is_share, score_interval, share_interval
from evals.stats.sums import sums_of

ANY = (-math.inf, math.inf)


@dataclass(frozen=True)
class Interval:
    """A figure with its confidence interval.

    Attributes:
        value: the figure on all samples; None where it isn't defined.
        low: lower end; None where there's no interval.
        high: upper end.
        n: samples counted.
        groups: independent groups among them.
        method: how the interval was made; why there is none, where there is none.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    groups: int
    method: str


def interval(
    statistic: Statistic,
    columns: Columns,
    clusters: Sequence[str],
    *,
    bounds: Bounds = ANY,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Returns the figure with its confidence interval.

    Args:
        statistic: what to compute.
        columns: each of shape [n], without NaN.
        clusters: the group of each sample.
        bounds: lowest and highest possible value. Samples beyond them prove them wrong, and then they don't
            count.
        level: confidence.
        resamples: for the methods that resample.
        seed: the same seed gives the same interval.
    """
    n = len(clusters)
    groups = Clusters(clusters)
    if n == 0:
        return Interval(None, None, None, 0, 0, "no samples")
    found = float(statistic(columns, np.ones(n)))
    if not math.isfinite(found):
        return Interval(None, None, None, n, groups.count, "not defined on these samples")
    if groups.count < 2:
        return Interval(found, None, None, n, groups.count, "one group: no interval")
    least, most = bounds = bounds if _possible(statistic, columns, found, bounds) else ANY
    sums = sums_of(statistic, columns, groups)
    if isinstance(statistic, CategoryMean) and _within(columns[statistic.column], (0.0, 1.0)):
        low, high, method = category_interval(statistic, columns, groups, level)
    elif sums is not None and is_share(statistic, columns):
        low, high, method = share_interval(sums, level)
    elif sums is not None and math.isfinite(most - least):
        low, high, method = score_interval(sums, bounds, level)
    elif sums is not None:
        low, high, method = studentized(sums, groups, level, resamples, seed)
        if isinstance(statistic, Mean):
            low, high = _touched(columns[statistic.column], low, high)
    else:
        low, high, method = resampled(statistic, columns, groups, level, resamples, seed)
    if math.isfinite(low):
        low, high = max(low, least), min(high, most)
    return Interval(found, tidy(low), tidy(high), n, groups.count, method)


def tidy(value: float) -> float | None:
    """Rounds away the digits that depend on the order of additions; None for what isn't finite."""
    return float(f"{value:.12g}") if math.isfinite(value) else None


def _possible(statistic: Statistic, columns: Columns, value: float, bounds: Bounds) -> bool:
    """Whether what was found can be true of a figure with these bounds."""
    if not bounds[0] <= value <= bounds[1]:
        return False
    if isinstance(statistic, (Mean, CategoryMean)):
        return _within(columns[statistic.column], bounds)
    if isinstance(statistic, Ratio):
        above, below = (columns[name] for name in statistic.needs)
        above = statistic.factor * above
        slack = 1e-9 * np.abs(below)
        low = np.all(above >= bounds[0] * below - slack) if math.isfinite(bounds[0]) else True
        high = np.all(above <= bounds[1] * below + slack) if math.isfinite(bounds[1]) else True
        return bool(low and high)
    return True


def _within(column: Array, bounds: Bounds) -> bool:
    return bool(np.all((column >= bounds[0] - 1e-9) & (column <= bounds[1] + 1e-9)))


def _touched(column: Array, low: float, high: float) -> tuple[float, float]:
    """Ends an interval at 0 or 1 where samples stop exactly there: scores and counts have these bounds."""
    smallest, greatest = float(column.min()), float(column.max())
    if smallest == 0:
        low = max(low, 0.0)
    if smallest >= 0 and greatest == 1:
        high = min(high, 1.0)
    return low, high
