"""Resampling: intervals of figures that are no shares, from groups drawn with replacement.

Contract: each function returns the two ends and the method; ends that can't be found are NaN. Means and
ratios take the bootstrap-t, which holds its level where the percentile bootstrap doesn't: few groups, groups
of unequal size, skewed values. Figures of 0/1 labels (AUROC) are put on the logit scale; a percentile takes
order statistics, which need enough samples; anything else takes BCa.
"""

from __future__ import annotations

import math

import numpy as np

from evals.measure import Array, Columns, Statistic
from evals.stats.clusters import Clusters
from evals.stats.quantiles import binomial_quantile, normal_quantile, normal_share, t_quantile
from evals.stats.shares import even_groups, wilson
from evals.stats.sums import Sums

Ends = tuple[float, float, str]
NONE = (math.nan, math.nan)
CONSTANT = "no interval: nothing varies"
ERRORS = 500
"""Resamples for a standard error, which needs fewer than a quantile; figures of labels are slow."""
LEFT_OUT = 300
"""Up to this many groups the jackknife leaves out one at a time."""


def studentized(sums: Sums, clusters: Clusters, level: float, resamples: int, seed: int) -> Ends:
    """The bootstrap-t over groups (Efron & Tibshirani 1993, 12.5), on the jackknife's standard error.

    Quantiles of the resampled t are kept within 0.9 and 4 times Student's, for resamples in which next to
    nothing varies.
    """
    value = float(sums.values(np.ones((1, sums.groups)))[0][0])
    _, error = sums.jackknife()
    if not math.isfinite(error):
        return *NONE, "no interval: not defined without one of the groups"
    if error <= 1e-12 * abs(value):
        return *NONE, CONSTANT
    parts: list[Array] = []
    for weights in clusters.draws(resamples, seed):
        values, errors = sums.values(weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            parts.append((values - value) / errors)
    ts = np.concatenate(parts)
    ts = ts[~np.isnan(ts)]
    t = t_quantile((1 + level) / 2, sums.groups - 1)
    up, down = t, -t
    if len(ts) > 0:
        up, down = (float(q) for q in np.quantile(ts, [(1 + level) / 2, (1 - level) / 2], method="nearest"))
    up, down = min(max(up, 0.9 * t), 4 * t), max(min(down, -0.9 * t), -4 * t)
    grouped = "" if clusters.single else ", clustered"
    return value - up * error, value - down * error, "bootstrap-t" + grouped


class Resampled:
    """A figure on resamples, and without each group.

    Attributes:
        values: on resamples, shape [≤ resamples], only where it's defined.
        without: without each group, shape [≤ groups]; empty beyond `LEFT_OUT` groups.
        error: standard error, the greater one of bootstrap and jackknife.
    """

    def __init__(
        self, statistic: Statistic, columns: Columns, clusters: Clusters, resamples: int, seed: int
    ) -> None:
        n = len(clusters.codes)
        drawn = clusters.draws(resamples, seed, n)
        found = [statistic(columns, clusters.expand(weights)) for weights in drawn]
        values = np.concatenate([np.empty(0), *found])
        self.values = values[np.isfinite(values)]
        self.without = np.empty(0)
        if clusters.count <= LEFT_OUT:
            without = statistic(columns, clusters.expand(1 - np.eye(clusters.count)))
            self.without = without[np.isfinite(without)]
        self.error = math.nan
        if len(self.values) > max(1, resamples / 2):
            self.error = float(self.values.std(ddof=1))
            if len(self.without) > 1:
                spread = np.sum((self.without - self.without.mean()) ** 2)
                self.error = max(self.error, math.sqrt((1 - 1 / len(self.without)) * float(spread)))


def resampled(
    statistic: Statistic, columns: Columns, clusters: Clusters, level: float, resamples: int, seed: int
) -> Ends:
    """An interval of a figure over whole columns."""
    value = float(statistic(columns, np.ones(len(clusters.codes))))
    share = percentile_of(statistic, columns)
    if share is not None:
        return order_statistics(columns[statistic.needs[0]], share, value, clusters, level)
    rare = rarer_label(statistic, columns, clusters)
    if rare is not None:
        resamples = min(resamples, ERRORS)
    found = Resampled(statistic, columns, clusters, resamples, seed)
    if not math.isfinite(found.error):
        return *NONE, "no interval: undefined on most resamples"
    seen = np.concatenate([found.values, found.without])
    if rare is not None and 0 <= value <= 1 and seen.min() >= 0 and seen.max() <= 1:
        t = t_quantile((1 + level) / 2, min(2 * rare, clusters.count) - 1)
        if value in (0.0, 1.0):
            return *wilson(value, rare, level, 2 * rare - 1), f"Wilson (worth {rare} trials)"
        if found.error == 0:
            return *NONE, CONSTANT
        middle, half = math.log(value / (1 - value)), t * found.error / (value * (1 - value))
        return _logistic(middle - half), _logistic(middle + half), "logit, bootstrap standard error"
    if found.error == 0:
        return *NONE, CONSTANT
    return _bca(value, found, clusters.count, level)


def change(
    statistic: Statistic, columns: Columns, clusters: Clusters, level: float, resamples: int, seed: int
) -> tuple[float, float, float, str]:
    """An interval of a difference, symmetric, with its standard error: low, high, error, method."""
    value = float(statistic(columns, np.ones(len(clusters.codes))))
    error = Resampled(statistic, columns, clusters, resamples, seed).error
    if not error > 0:
        return *NONE, 0.0, CONSTANT if error == 0 else "no interval: undefined"
    half = t_quantile((1 + level) / 2, clusters.count - 1) * error
    return value - half, value + half, error, "t, bootstrap standard error"


def rarer_label(statistic: Statistic, columns: Columns, clusters: Clusters) -> int | None:
    """Returns in how many groups the rarest value of a 0/1 column is found, or None without such a column."""
    counts = []
    for name in statistic.needs:
        ones = columns[name] == 1
        if np.all(ones | (columns[name] == 0)) and 0 < ones.sum() < len(ones):
            counts += [len(np.unique(clusters.codes[ones])), len(np.unique(clusters.codes[~ones]))]
    return min(counts, default=None)


def percentile_of(statistic: Statistic, columns: Columns) -> float | None:
    """Returns which percentile of its one column the figure is, as a share, or None if it's none.

    A percentile keeps its place when values are stretched without changing their order; nothing else does.
    """
    if len(statistic.needs) != 1:
        return None
    (name,) = statistic.needs
    ordered = np.sort(columns[name])
    n = len(ordered)
    if n < 3 or ordered[0] == ordered[-1]:
        return None
    ones, places = np.ones(n), np.arange(n, dtype=np.float64)
    place = float(statistic({name: places}, ones))
    if not 0 <= place <= n - 1:
        return None
    before, after = math.floor(place), math.ceil(place)
    for values in (ordered, places**9, places**0.1):
        found = float(statistic({name: values}, ones))
        if not values[before] - 1e-9 <= found <= values[after] * (1 + 1e-9) + 1e-9:
            return None
    return place / (n - 1)


def order_statistics(column: Array, share: float, value: float, clusters: Clusters, level: float) -> Ends:
    """Order statistics around a percentile (David & Nagaraja 2003, 7.1); distribution-free.

    With groups, samples count as fewer by the design effect of being below the percentile.
    """
    n = len(column)
    worth = float(n)
    if not clusters.single:
        below = (column <= value).astype(np.float64)
        pull = clusters.sums(below - below.mean())
        spread = below.mean() * (1 - below.mean())
        measured = spread * n * n / max(1e-300, float(np.sum(pull**2)))
        worth = max(1.0, min(n, measured, n if spread > 0 else even_groups(clusters.sizes)))
    whole = max(1, math.floor(worth))
    first, last = (binomial_quantile(p, whole, share) for p in ((1 - level) / 2, (1 + level) / 2))
    # `first` of the whole are below the lower end, and all from `last` + 1 on are above the upper one.
    if first < 1 or last + 1 > whole:
        return *NONE, "no interval: too few samples for this percentile"
    ordered = np.sort(column)
    low = ordered[max(0, math.floor(first / whole * n) - 1)]
    high = ordered[min(n - 1, math.ceil((last + 1) / whole * n) - 1)]
    return float(low), float(high), "order statistics" + ("" if clusters.single else ", clustered")


def _bca(value: float, found: Resampled, groups: int, level: float) -> Ends:
    """Bias-corrected, accelerated (Efron 1987), its level widened for few groups as t widens the normal."""
    place = float((found.values < value).mean() + 0.5 * (found.values == value).mean())
    bias = normal_quantile(min(max(place, 0.01), 0.99))
    acceleration = 0.0
    if len(found.without) > 1:
        away = found.without.mean() - found.without
        cubed = float(np.sum(away**2)) ** 1.5
        acceleration = float(np.sum(away**3)) / (6 * cubed) if cubed > 0 else 0.0
    z = t_quantile((1 + level) / 2, groups - 1) * math.sqrt(groups / (groups - 1))
    shares = [
        normal_share(bias + (bias + side) / max(1e-3, 1 - acceleration * (bias + side))) for side in (-z, z)
    ]
    low, high = np.quantile(found.values, shares)
    return float(low), float(high), "BCa bootstrap"


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0
