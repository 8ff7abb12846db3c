"""Best threshold: what abstaining below the best score would give, as SQuAD 2.0's `best_f1` tells it.

A row is answered if its score is the threshold's or more, and has then one worth, else another. The best
threshold is found on the same rows, so this is more than a threshold that was chosen before can be hoped to
give (Rajpurkar et al. 2018; evaluate-v2.0.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evals.metrics.columns import column, weighted


def best_threshold(
    scores: ArrayLike, answered: ArrayLike, abstained: ArrayLike, weights: ArrayLike | None = None
) -> tuple[float, float] | None:
    """Find the threshold with the highest mean worth.

    Args:
        scores: Higher for rows that are rather answered. Shape [n].
        answered: What each row is worth if it's answered: its F1. Shape [n].
        abstained: What it's worth if it isn't: 1 where there is no answer, else 0. Shape [n].
        weights: How often each row counts; None is once. Shape [n].

    Returns:
        The mean worth and the threshold, infinite where no row should be answered; the highest of those that
        are equally good. None where nothing has weight.

    Raises:
        ValueError: A column isn't one, or lengths differ.
    """
    found, given = weighted(scores, weights, "scores")
    worth, otherwise = column(answered, "answered"), column(abstained, "abstained")
    if not len(found) == len(worth) == len(otherwise):
        raise ValueError(f"columns must be equally long, not {len(found)}, {len(worth)} and {len(otherwise)}")
    total = given.sum()
    if not total > 0:
        return None
    start = float(given @ otherwise)
    order = np.argsort(-found, kind="stable")
    ranked = found[order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    gains = np.cumsum((given * (worth - otherwise))[order])[ends]
    best = int(np.argmax(gains))
    if gains[best] <= 0:
        return start / float(total), float("inf")
    return (start + float(gains[best])) / float(total), float(ranked[ends[best]])
