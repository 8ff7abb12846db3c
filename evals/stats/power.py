"""Power: how small a difference between two runs a suite of this size can find."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from evals.measure import Bounds, Columns, Statistic
from evals.stats.clusters import Clusters
from evals.stats.intervals import ANY, interval
from evals.stats.pairs import compare
from evals.stats.quantiles import t_quantile

LEAST_GROUPS = 6
"""With fewer, no swap of groups is rare enough: 2/2^5 is above 0.05."""
RESAMPLES = 500
"""Enough for a figure that is right to a fifth."""


def minimum_detectable_effect(
    statistic: Statistic,
    columns: Columns,
    clusters: Sequence[str],
    *,
    baseline: Columns | None = None,
    bounds: Bounds = ANY,
    alpha: float = 0.05,
    power: float = 0.8,
    seed: int = 0,
) -> float | None:
    """Returns the smallest true difference that a paired two-sided test finds in `power` of all cases.

    Without a baseline the two runs are taken to be independent, so the standard error of their difference
    is √2 times that of one run. Runs that agree on which samples are hard do better than that: it's an upper
    bound unless they are at odds. With a baseline it's the one that was measured.

    Args:
        statistic: the figure.
        columns: each of shape [n], without NaN.
        clusters: the group of each sample.
        baseline: another run's columns, of the same samples.
        bounds: lowest and highest value that the figure can have.
        alpha: of the test.
        power: share of cases.
        seed: of what is resampled.

    Returns:
        The difference in the measure's unit; None where there are fewer than `LEAST_GROUPS` groups, no
        possible difference is large enough, or nothing can be said.
    """
    groups = Clusters(clusters).count
    if groups < LEAST_GROUPS:
        return None
    t = t_quantile(1 - alpha / 2, groups - 1)
    if baseline is None:
        found = interval(
            statistic,
            columns,
            clusters,
            bounds=bounds,
            level=1 - alpha,
            resamples=RESAMPLES,
            seed=seed,
        )
        factor = math.sqrt(2)
        low, high = found.low, found.high
    else:
        change = compare(
            statistic,
            baseline,
            columns,
            clusters,
            bounds=bounds,
            level=1 - alpha,
            seed=seed,
            resamples=1,
        )
        factor, low, high = 1.0, change.low, change.high
    if low is None or high is None:
        return None
    error = factor * (high - low) / 2 / t
    smallest = float(np.round((t + t_quantile(power, groups - 1)) * error, 12))
    return smallest if smallest < bounds[1] - bounds[0] else None
