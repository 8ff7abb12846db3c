"""Categories: intervals of a mean over categories, each of which counts the same.

Contract: figures lie in [0, 1]. A category in which all is right or all is wrong isn't certain; it's taken to
vary as if two more trials had come out like the whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evals.measure import Array, CategoryMean, Columns, Mean
from evals.stats.clusters import Clusters
from evals.stats.shares import effective_trials, even_groups, wilson, worth
from evals.stats.sums import sums_of

SHRINK = 2.0
"""Trials added to each category, as many right as in the whole."""


@dataclass(frozen=True)
class Part:
    """One category.

    Attributes:
        value: its mean.
        trials: how many independent ones its samples are worth.
        freedom: degrees of freedom of its variance.
    """

    value: float
    trials: float
    freedom: float


def category_interval(
    statistic: CategoryMean, columns: Columns, clusters: Clusters, level: float
) -> tuple[float, float, str]:
    """Returns the interval of a mean over categories, and its method.

    Wilson's interval for as many trials as the stratified variance amounts to (Yan & Su 2010, for equal
    weights), with Satterthwaite's degrees of freedom. Adding up the categories' own intervals (MOVER, Zou &
    Donner 2008) holds 85 % where categories have four samples each: Wilson's are drawn to the middle, which
    for many of them adds up.
    """
    column, codes = columns[statistic.column], columns[statistic.category]
    parts = [_part(column[codes == code], clusters.codes[codes == code]) for code in np.unique(codes)]
    k = len(parts)
    value = min(1.0, max(0.0, sum(part.value for part in parts) / k))
    spread = _shared(column, codes, clusters)
    alike = k * k / sum(1 / part.trials for part in parts) / spread
    # `alike` is what the samples would be worth if categories didn't differ.
    middle = (value * alike + SHRINK / 2) / (alike + SHRINK)
    variances = []
    for part in parts:
        drawn = (part.value * part.trials + SHRINK * middle) / (part.trials + SHRINK)
        variances.append(drawn * (1 - drawn) / part.trials / k**2)
    trials = alike
    if 0 < value < 1:
        trials = value * (1 - value) / (spread * sum(variances))
    known = sum(v * v / part.freedom for v, part in zip(variances, parts, strict=True))
    freedom = sum(variances) ** 2 / known if known > 0 else math.inf
    if not clusters.single:
        weight = sum(clusters.sums((codes == code) / np.sum(codes == code)) for code in np.unique(codes)) / k
        freedom = min(freedom, max(1.0, 1 / float(np.sum(weight**2)) - 1))
    low, high = wilson(value, trials, level, freedom)
    return low, high, f"Wilson, {k} categories (worth {trials:.3g} trials)"


def _part(column: Array, codes: Array) -> Part:
    groups = Clusters([str(code) for code in codes])
    sums = sums_of(Mean("x"), {"x": column}, groups)
    assert sums is not None  # a mean is one
    (term,) = sums.terms
    value, even = float(column.mean()), even_groups(term.below)
    error = sums.jackknife()[1] if groups.count > 1 else math.nan
    whole = bool(np.isin(column, (0.0, 1.0)).all())
    if whole and groups.single:
        return Part(value, float(len(column)), math.inf)
    if not math.isfinite(error):
        return Part(value, 1.0, 1.0)
    if whole:
        trials = effective_trials(value, error, float(len(column)), term.above, term.below)
    else:
        trials = worth(value, error, even)
    return Part(value, trials, max(1.0, min(groups.count, even) - 1))


def _shared(column: Array, codes: Array, clusters: Clusters) -> float:
    """How much more the mean varies because groups have samples in several categories; at least 1."""
    together, apart = np.zeros(clusters.count), 0.0
    for code in np.unique(codes):
        inside = codes == code
        sizes, whole = clusters.sums(inside * 1.0), float(inside.sum())
        pull = clusters.sums(np.where(inside, column - column[inside].mean(), 0.0))
        # Without the group, as the jackknife has it: its own samples draw the mean to themselves.
        summed = pull / np.where(sizes < whole, whole - sizes, whole)
        together += summed
        apart += float(np.sum(summed**2))
    return max(1.0, float(np.sum(together**2)) / apart) if apart > 0 else 1.0
