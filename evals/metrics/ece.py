"""Expected calibration error: how far scores are from the shares that they promise (Naeini et al. 2015).

Of the probability that a row is true (not of a classifier's confidence in whatever it said): Σ over bins of
the bin's share of rows times |its mean score − its share of true rows|. Bins are those of `reliability`, of
equal width unless told otherwise. Equal mass (Nguyen and O'Connor 2015) is steadier where scores
crowd together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evals.metrics.columns import binary
from evals.metrics.reliability import Binning, binned


def ece(
    scores: ArrayLike,
    labels: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    bins: int = 10,
    binning: Binning = "width",
) -> float | None:
    """Mean distance between promise and truth.

    Args:
        scores: Probabilities that a row is true. Shape [n].
        labels: 1 true, 0 false. Shape [n].
        weights: How often each row counts; None is once. Shape [n].
        bins: How many bins there are.
        binning: "width": bins divide [0, 1]; "mass": they divide the rows.

    Returns:
        A figure in [0, 1], lower is better; None where nothing has weight.

    Raises:
        ValueError: A score is outside [0, 1], a column isn't one, lengths differ, or there is no bin.
    """
    found, truth, given = binary(scores, labels, weights)
    _, held, score, label = binned(found, truth, given, bins, binning)
    total = held.sum()
    return float(np.abs(score - label).sum() / total) if total > 0 else None
