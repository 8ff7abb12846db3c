"""Intervals: how far a figure could be from what it would be on all samples of its kind.

Contract: a 95 % interval holds the true figure in 93 to 97 of 100 runs, or in more, for 20 independent groups
and up; the tests' simulation states where it doesn't (heavy tails on few groups). The method depends on the
figure and the data:

- shares (means of zeros and ones, counts out of counts): Wilson's, with the design effect of groups
- other means and ratios: bootstrap-t over groups
- figures of 0/1 labels that stay in [0, 1], such as AUROC: logit, with a bootstrap standard error
- percentiles: order statistics; other figures: BCa
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evals.measure import Array, Columns, Mean, Statistic
from evals.stats.clusters import Clusters
from evals.stats.resampling import resampled, studentized
from evals.stats.shares import is_share, share_interval
from evals.stats.sums import sums_of


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
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Returns the figure with its confidence interval.

    Args:
        statistic: what to compute.
        columns: each of shape [n], without NaN.
        clusters: the group of each sample.
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
    sums = sums_of(statistic, columns, groups)
    if sums is not None and is_share(statistic, columns):
        low, high, method = share_interval(sums, level)
    elif sums is not None:
        low, high, method = studentized(sums, groups, level, resamples, seed)
        if isinstance(statistic, Mean):
            low, high = _within(columns[statistic.column], low, high)
    else:
        low, high, method = resampled(statistic, columns, groups, level, resamples, seed)
    return Interval(found, tidy(low), tidy(high), n, groups.count, method)


def tidy(value: float) -> float | None:
    """Rounds away the digits that depend on the order of additions; None for what isn't finite."""
    return float(f"{value:.12g}") if math.isfinite(value) else None


def _within(column: Array, low: float, high: float) -> tuple[float, float]:
    """Ends an interval at 0 or 1 where samples stop exactly there: scores and counts have these bounds."""
    smallest, greatest = float(column.min()), float(column.max())
    if smallest == 0:
        low = max(low, 0.0)
    if smallest >= 0 and greatest == 1:
        high = min(high, 1.0)
    return low, high
