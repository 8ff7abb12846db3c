"""AUROC: the chance that a true row scores higher than a false one (Hanley and McNeil 1982)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evals.metrics.columns import binary


def auroc(scores: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> float | None:
    """Area under the receiver's operating characteristic; a tie counts half, as in scikit-learn.

    Args:
        scores: Higher for what's more likely true; only their order matters. Shape [n].
        labels: 1 true, 0 false. Shape [n].
        weights: How often each row counts; None is once. Shape [n].

    Returns:
        A share in [0, 1], 0.5 for chance, or None where only one class has weight.

    Raises:
        ValueError: A column isn't one, or lengths differ.
    """
    found, truth, given = binary(scores, labels, weights)
    order = np.argsort(found)
    found, true, given = found[order], (given * truth)[order], given[order]
    # Sums over runs of equal scores: a run's true rows beat all false rows before it and tie with its own.
    ends = np.flatnonzero(np.append(found[1:] != found[:-1], len(found) > 0))
    true_up_to = np.cumsum(true)[ends]
    false_up_to = np.cumsum(given - true)[ends]
    if not len(ends) or not true_up_to[-1] > 0 or not false_up_to[-1] > 0:
        return None
    true_here = np.diff(true_up_to, prepend=0.0)
    false_before = np.concatenate(([0.0], false_up_to[:-1]))
    won = true_here @ (false_before + false_up_to) / 2
    return float(won / (true_up_to[-1] * false_up_to[-1]))
