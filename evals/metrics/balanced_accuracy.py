"""Balanced accuracy: mean of the shares of true and of false rows that a threshold gets right."""

from __future__ import annotations

from numpy.typing import ArrayLike

from evals.metrics.columns import binary


def balanced_accuracy(
    scores: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None, *, threshold: float = 0.5
) -> float | None:
    """Mean of sensitivity and specificity, as scikit-learn's `balanced_accuracy_score`.

    Args:
        scores: Higher for what's more likely true. Shape [n].
        labels: 1 true, 0 false. Shape [n].
        weights: How often each row counts; None is once. Shape [n].
        threshold: The lowest score that says true. It must come from other rows than these.

    Returns:
        A share in [0, 1], 0.5 for chance, or None where only one class has weight.

    Raises:
        ValueError: A column isn't one, or lengths differ.
    """
    found, truth, given = binary(scores, labels, weights)
    true, false = given * truth, given * (1 - truth)
    positives, negatives = true.sum(), false.sum()
    if not positives > 0 or not negatives > 0:
        return None
    said = found >= threshold
    return float((true[said].sum() / positives + false[~said].sum() / negatives) / 2)
