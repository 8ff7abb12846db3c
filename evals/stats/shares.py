"""Shares: intervals for what is counted, which stay sensible when all samples are right or all are wrong.

Contract: a share is a sum over a sum of trials, each 0 or 1 (or a count of successes out of a count of trials).
Samples in groups count as fewer trials than there are: their number is divided by the design effect, which is
the variance between groups over that of independent trials.
"""

from __future__ import annotations

import math

import numpy as np

from evals.measure import Columns, Mean, Ratio, Statistic
from evals.stats.quantiles import t_quantile
from evals.stats.sums import Sums


def is_share(statistic: Statistic, columns: Columns) -> bool:
    """Whether the figure is a share of trials: a mean of zeros and ones, or of counts out of counts."""
    if isinstance(statistic, Mean):
        column = columns[statistic.column]
        return bool(np.isin(column, (0.0, 1.0)).all())
    if isinstance(statistic, Ratio) and statistic.factor == 1.0:
        above, below = (columns[name] for name in statistic.needs)
        whole = np.all(above == np.rint(above)) and np.all(below == np.rint(below))
        return bool(whole and np.all(above >= 0) and np.all(above <= below))
    return False


def effective_trials(value: float, error: float, trials: float, groups: int) -> float:
    """Returns how many independent trials the samples are worth.

    Args:
        value: the share found.
        error: its standard error, groups counted.
        trials: how many there were.
        groups: how many groups have trials; where all agree it can't be seen how alike the trials of a group
            are, and each group counts as one.
    """
    if value in (0.0, 1.0) or error == 0:
        return float(groups)
    return min(trials, value * (1 - value) / error**2)


def wilson(value: float, trials: float, level: float, freedom: float) -> tuple[float, float]:
    """Wilson's score interval (1927), with a t quantile in place of the normal one.

    Args:
        value: the share found.
        trials: effective number, not necessarily whole.
        level: confidence.
        freedom: degrees of freedom of the quantile, infinity for the textbook's interval.
    """
    z = t_quantile((1 + level) / 2, freedom)
    middle = (value + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * math.sqrt(value * (1 - value) / trials + z * z / (4 * trials * trials))
    low = 0.0 if value == 0 else max(0.0, middle - half)
    high = 1.0 if value == 1 else min(1.0, middle + half)
    return low, high


def share_interval(sums: Sums, level: float) -> tuple[float, float, str]:
    """Returns the interval of a share and its method."""
    (term,) = sums.terms
    trials = float(term.below.sum())
    value = float(term.above.sum()) / trials
    groups = int(np.count_nonzero(term.below))
    if np.all(term.below <= 1):
        low, high = wilson(value, trials, level, math.inf)
        return low, high, "Wilson"
    _, error = sums.jackknife()
    worth = effective_trials(value, error, trials, groups)
    low, high = wilson(value, worth, level, groups - 1)
    return low, high, f"Wilson, clustered (worth {worth:.3g} of {trials:.0f})"
