"""Columns of numbers: scores, labels and weights, checked, as float64 arrays.

A weight says how often a row counts, so a weight of 2 is the row twice, and 0 leaves it out. That's what a
bootstrap passes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def column(values: ArrayLike, name: str = "values") -> Array:
    """Take a column of finite numbers, shape [n].

    Raises:
        ValueError: It isn't one.
    """
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1:
        raise ValueError(f"{name} must be one column, not of shape {list(found.shape)}")
    if not np.isfinite(found).all():
        raise ValueError(f"{name} must be finite numbers")
    return found


def weighted(values: ArrayLike, weights: ArrayLike | None, name: str = "values") -> tuple[Array, Array]:
    """Take a column and its weights (None: 1 each), both of shape [n].

    Raises:
        ValueError: One isn't a column of finite numbers, their lengths differ, or a weight is negative.
    """
    found = column(values, name)
    if weights is None:
        return found, np.ones(len(found))
    given = column(weights, "weights")
    if len(given) != len(found):
        raise ValueError(f"columns must be equally long, not {len(found)} {name}, {len(given)} weights")
    if (given < 0).any():
        raise ValueError("weights can't be negative")
    return found, given


def binary(scores: ArrayLike, labels: ArrayLike, weights: ArrayLike | None) -> tuple[Array, Array, Array]:
    """Take scores, labels (0 or 1) and weights (None: 1 each), all of shape [n].

    Raises:
        ValueError: As `weighted`, or a label is neither 0 nor 1.
    """
    found, given = weighted(scores, weights, "scores")
    truth = column(labels, "labels")
    if len(truth) != len(found):
        raise ValueError(f"columns must be equally long, not {len(found)} scores, {len(truth)} labels")
    if not ((truth == 0) | (truth == 1)).all():
        raise ValueError("labels must be 0 or 1")
    return found, truth, given


def probabilities(scores: Array) -> Array:
    """Refuse scores outside [0, 1].

    Raises:
        ValueError: One is.
    """
    if ((scores < 0) | (scores > 1)).any():
        raise ValueError("scores must be probabilities, in [0, 1]")
    return scores
