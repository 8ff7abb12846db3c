"""Intervals: how far a figure could be from what it would be on all samples of its kind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evals.measure import Array, Columns, Statistic
from evals.stats.clusters import Clusters
from evals.stats.quantiles import t_quantile
from evals.stats.shares import is_share, share_interval
from evals.stats.sums import Sums, sums_of


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
    else:
        low, high, method = resampled(statistic, columns, groups, level, resamples, seed)
    return Interval(found, tidy(low), tidy(high), n, groups.count, method)


def tidy(value: float) -> float | None:
    """Rounds away the digits that depend on the order of additions; None for what isn't finite."""
    return float(f"{value:.12g}") if math.isfinite(value) else None


def studentized(
    sums: Sums, clusters: Clusters, level: float, resamples: int, seed: int
) -> tuple[float, float, str]:
    """The bootstrap-t over groups (Efron & Tibshirani 1993, 12.5)."""
    value = float(sums.values(np.ones((1, sums.groups)))[0][0])
    _, error = sums.jackknife()
    if error == 0:
        return value, value, "no variation"
    ts: list[Array] = []
    for weights in clusters.draws(resamples, seed):
        values, errors = sums.values(weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            ts.append((values - value) / errors)
    all_t = np.concatenate(ts)
    all_t = all_t[np.isfinite(all_t)]
    t = t_quantile((1 + level) / 2, sums.groups - 1)
    if len(all_t) < resamples / 2:
        return value - t * error, value + t * error, "t"
    upper, lower = np.quantile(all_t, [(1 + level) / 2, (1 - level) / 2])
    return value - float(upper) * error, value - float(lower) * error, "bootstrap-t"


def resampled(
    statistic: Statistic, columns: Columns, clusters: Clusters, level: float, resamples: int, seed: int
) -> tuple[float, float, str]:
    """The percentile bootstrap over groups."""
    n = len(clusters.codes)
    values = np.concatenate(
        [statistic(columns, clusters.expand(weights)) for weights in clusters.draws(resamples, seed, n)]
    )
    values = values[np.isfinite(values)]
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high), "percentile bootstrap"
