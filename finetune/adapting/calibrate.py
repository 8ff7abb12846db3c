"""Calibration: from a reader's scores on questions that people judged to the probability of being right.

Logistic regression by Newton's method (Platt 1999 on several inputs), with a little ridge so that separable
data has an answer. Cross-fitted, each group is judged by a calibration that saw none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from homespun.errors import UsageError
from models.encoders.calibration import Calibration

_RIDGE = 1e-3
_STEPS = 60


def fit(values: Sequence[Mapping[str, float]], right: Sequence[float], balanced: bool = False) -> Calibration:
    """Fit a calibration.

    Args:
        values: For each case the same names with finite numbers.
        right: For each case 1 if it was right, else 0.
        balanced: Right and wrong cases weigh the same together, however many there are of each.

    Raises:
        UsageError: There are no cases, or only right or only wrong ones.
    """
    target = np.asarray(right, float)
    if not len(target) or target.min() == target.max():
        raise UsageError("a calibration needs right cases and wrong ones")
    names = list(values[0])
    table = np.asarray([[row[name] for name in names] for row in values], float)
    mean, spread = table.mean(0), table.std(0)
    spread[spread == 0] = 1.0
    scaled = np.hstack([(table - mean) / spread, np.ones((len(table), 1))])
    shares = np.where(target == 1, 0.5 / target.mean(), 0.5 / (1 - target.mean())) if balanced else 1.0
    weights = _newton(scaled, target, np.broadcast_to(shares, target.shape))
    plain = weights[:-1] / spread
    return Calibration(dict(zip(names, map(float, plain), strict=True)), float(weights[-1] - plain @ mean))


def cross_fitted(
    values: Sequence[Mapping[str, float]],
    right: Sequence[float],
    groups: Sequence[str],
    folds: int = 5,
    balanced: bool = False,
) -> NDArray[np.float64]:
    """Probabilities of all cases, each by a calibration fitted on the other folds of groups."""
    known = sorted(set(groups))
    fold = {group: number % folds for number, group in enumerate(known)}
    found = np.zeros(len(values))
    for number in range(min(folds, len(known))):
        rest = [place for place, group in enumerate(groups) if fold[group] != number]
        made = fit([values[place] for place in rest], [right[place] for place in rest], balanced)
        for place, group in enumerate(groups):
            if fold[group] == number:
                found[place] = made(values[place])
    return found


def best_threshold(chances: Sequence[float], gain: Callable[[float], float], steps: int = 99) -> float:
    """The threshold, of `steps` evenly spread over the chances' quantiles, at which `gain` is largest."""
    tried = np.quantile(np.asarray(chances, float), np.linspace(0.0, 1.0, steps))
    return float(max(tried, key=lambda bound: gain(float(bound))))


def _newton(
    table: NDArray[np.float64], target: NDArray[np.float64], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    weights = np.zeros(table.shape[1])
    ridge = np.full(len(weights), _RIDGE * len(target))
    ridge[-1] = 0.0
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(table @ weights, -40, 40)))
        slope = table.T @ (shares * (chance - target)) + ridge * weights
        bend = (table * (shares * chance * (1 - chance))[:, None]).T @ table + np.diag(ridge + 1e-9)
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < 1e-9:
            break
    return weights
