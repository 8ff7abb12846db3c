"""Shares: intervals for what is counted, which stay sensible when all samples are right or all are wrong.

Contract: a share is a sum over a sum of trials, each 0 or 1 (or a count of successes out of a count of
trials). Samples in groups count as fewer trials than there are: their number is divided by the design effect,
which is the variance between groups over that of independent trials. Scores in a range, such as token F1, are
taken for shares of trials too: of as many as would vary as little as they do.
"""

from __future__ import annotations

import math

import numpy as np

from evals.measure import Array, Bounds, Columns, Mean, Ratio, Statistic
from evals.stats.quantiles import t_quantile
from evals.stats.sums import Sums

PRIOR_GROUPS = 0.1
"""How much a guess (that a group's trials all agree) weighs beside each group that tells. Found by
simulation: about the least with which intervals of rare outcomes in few large groups hold 93 %."""

PRIOR_SCORES = 0.5
"""The same for scores between 0 and 1, where it's the guess that they're all 0 or 1, beside each group but
one. Found by simulation: with 5 groups intervals hold 94 %, and from 20 on it hardly widens them."""


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


def effective_trials(value: float, error: float, trials: float, above: Array, below: Array) -> float:
    """Returns how many independent trials the samples are worth.

    It's what the standard error says, drawn a little towards one trial a group: the fewer groups hold any of
    the rarer outcome, the less is known of how alike a group's trials are.

    Args:
        value: the share found.
        error: its standard error, groups counted.
        trials: how many there were.
        above: successes of each group, shape [groups].
        below: trials of each group, shape [groups], above 0.
    """
    even = even_groups(below)
    if value in (0.0, 1.0) or error == 0:
        return even
    measured = min(trials, value * (1 - value) / error**2)
    telling = min(int(np.count_nonzero(above)), int(np.count_nonzero(above < below)))
    known = telling / (telling + PRIOR_GROUPS)
    return 1 / (known / measured + (1 - known) / min(even, measured))


def even_groups(below: Array) -> float:
    """Returns how many groups of one size would say as much as these (Kish's effective number)."""
    return float(below.sum() ** 2 / np.sum(below**2))


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
    has = term.below > 0
    above, below = term.above[has], term.below[has]
    trials = float(below.sum())
    value = float(above.sum()) / trials
    if np.all(below == 1):
        low, high = wilson(value, trials, level, math.inf)
        return low, high, "Wilson"
    _, error = sums.jackknife()
    worth = effective_trials(value, error, trials, above, below)
    low, high = wilson(value, worth, level, min(len(below), even_groups(below)) - 1)
    return low, high, f"Wilson, clustered (worth {worth:.3g} of {trials:.0f} trials)"


def worth(value: float, error: float, even: float) -> float:
    """Returns how many trials would say as much of a share as scores in [0, 1] do of their mean.

    Args:
        value: the mean.
        error: its standard error.
        even: effective number of groups.
    """
    if value in (0.0, 1.0) or not error > 1e-12:
        return even
    known = (even - 1) / (even - 1 + PRIOR_SCORES)
    return 1 / (known * error**2 / (value * (1 - value)) + (1 - known) / even)


def score_interval(sums: Sums, bounds: Bounds, level: float) -> tuple[float, float, str]:
    """Returns the interval of a mean or ratio that can't leave its bounds, and its method.

    No mean of values in [0, 1] varies more than a share does. So it's Wilson's interval for the number of
    trials that the standard error amounts to, drawn towards one trial a group where groups are few. Unlike
    the bootstrap-t it needs no resampled standard errors, which are next to nothing where few scores differ.
    """
    (term,) = sums.terms
    least, span = bounds[0], bounds[1] - bounds[0]
    below = term.below[term.below > 0]
    value = (float(term.factor * term.above.sum() / below.sum()) - least) / span
    value = min(1.0, max(0.0, value))
    _, error = sums.jackknife()
    even = even_groups(below)
    trials = worth(value, error / span, even) if math.isfinite(error) else even
    low, high = wilson(value, trials, level, even - 1)
    return least + span * low, least + span * high, f"Wilson, for scores (worth {trials:.3g} trials)"


def change_interval(sums: Sums, wins: int, losses: int, level: float) -> tuple[float, float, str]:
    """Returns the interval of the difference of two shares on the same samples.

    Bonett & Price (2012): Wald's interval after adding one win and one loss; not of zero width when no sample
    changed. With groups the samples count as fewer, as they do in `share_interval`.

    Args:
        sums: of the changes, each -1, 0 or 1.
        wins: samples that changed from 0 to 1.
        losses: from 1 to 0.
        level: confidence.
    """
    (term,) = sums.terms
    n = float(term.below.sum())
    single = bool(np.all(term.below == 1))
    worth, freedom, method = n, math.inf, "Bonett-Price"
    if not single:
        even = even_groups(term.below)
        freedom = min(len(term.below), even) - 1
        value = (wins - losses) / n
        spread = (wins + losses) / n - value**2
        _, error = sums.jackknife()
        measured = min(n, spread / error**2) if error > 0 and spread > 0 else even
        telling = int(np.count_nonzero(term.above))
        known = telling / (telling + PRIOR_GROUPS)
        worth = 1 / (known / measured + (1 - known) / min(even, measured))
        method = f"Bonett-Price, clustered (worth {worth:.3g} of {n:.0f} samples)"
    up = (wins / n * worth + 1) / (worth + 2)
    down = (losses / n * worth + 1) / (worth + 2)
    half = t_quantile((1 + level) / 2, freedom) * math.sqrt((up + down - (up - down) ** 2) / (worth + 2))
    return max(-1.0, up - down - half), min(1.0, up - down + half), method
