"""Brier score: mean squared distance between a probability and what was true (Brier 1950)."""

from __future__ import annotations

from numpy.typing import ArrayLike

from evals.metrics.columns import binary, probabilities


def brier(scores: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> float | None:
    """Mean of (score − label)² over rows.

    Args:
        scores: Probabilities that a row is true. Shape [n].
        labels: 1 true, 0 false. Shape [n].
        weights: How often each row counts; None is once. Shape [n].

    Returns:
        A figure in [0, 1], lower is better, 0.25 for always saying one half; None where nothing has weight.

    Raises:
        ValueError: A score is outside [0, 1], a column isn't one, or lengths differ.
    """
    found, truth, given = binary(scores, labels, weights)
    total = given.sum()
    if not total > 0:
        return None
    return float(given @ (probabilities(found) - truth) ** 2 / total)
