"""Reliability: among rows of about one score, how many are true (DeGroot and Fienberg 1983).

Bins are half open to the left, the first one closed: (low, high]. Of equal width, they divide [0, 1]; of
equal mass, they divide the rows at the quantiles of their scores (numpy's "linear"), so that each holds about
as many but equal scores are never parted. Both as scikit-learn's `calibration_curve` has them, but that where
a quantile is a row's own score, its edge isn't a rounding error away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evals.metrics.columns import Array, binary, probabilities

Binning = Literal["width", "mass"]


@dataclass(frozen=True)
class Bin:
    """Rows of about one score.

    Attributes:
        low: The lowest score in it.
        high: The highest score in it.
        weight: How many rows it holds.
        score: Their mean score.
        label: The share of them that is true.
    """

    low: float
    high: float
    weight: float
    score: float
    label: float


def reliability_bins(
    scores: ArrayLike,
    labels: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    bins: int = 10,
    binning: Binning = "width",
) -> list[Bin]:
    """Sort rows into bins by their score.

    Args:
        scores: Probabilities that a row is true. Shape [n].
        labels: 1 true, 0 false. Shape [n].
        weights: How often each row counts; None is once. Shape [n].
        bins: How many bins there are at most.
        binning: "width" or "mass", as the module says.

    Returns:
        The bins that hold anything, by score.

    Raises:
        ValueError: A score is outside [0, 1], a column isn't one, lengths differ, or there is no bin.
    """
    found, truth, given = binary(scores, labels, weights)
    kept = given > 0
    found, truth, given = found[kept], truth[kept], given[kept]
    numbers, held, score, label = binned(found, truth, given, bins, binning)
    lows, highs = np.full(bins, np.inf), np.full(bins, -np.inf)
    np.minimum.at(lows, numbers, found)
    np.maximum.at(highs, numbers, found)
    return [
        Bin(
            low=float(lows[i]),
            high=float(highs[i]),
            weight=float(held[i]),
            score=float(score[i] / held[i]),
            label=float(label[i] / held[i]),
        )
        for i in np.flatnonzero(held)
    ]


def binned(
    scores: Array, labels: Array, weights: Array, bins: int, binning: Binning
) -> tuple[NDArray[np.intp], Array, Array, Array]:
    """Add up each bin.

    Args:
        scores: Shape [n], in [0, 1].
        labels: Shape [n], 0 or 1.
        weights: Shape [n].
        bins: How many.
        binning: "width" or "mass".

    Returns:
        Each row's bin, shape [n], and the sums of weights, weighted scores and weighted labels, shape [bins].

    Raises:
        ValueError: A score is outside [0, 1], or there is no bin.
    """
    if bins < 1:
        raise ValueError(f"there must be 1 bin or more, not {bins}")
    probabilities(scores)
    if binning == "width":
        numbers = np.searchsorted(np.linspace(0.0, 1.0, bins + 1)[1:-1], scores)
    else:
        numbers = _by_mass(scores, weights, bins)
    held, score, label = (
        np.bincount(numbers, weights=column, minlength=bins).astype(np.float64)
        for column in (weights, weights * scores, weights * labels)
    )
    return numbers, held, score, label


def _by_mass(scores: Array, weights: Array, bins: int) -> NDArray[np.intp]:
    """Bins by quantile: a row is past a quantile if as much weight as the quantile's place lies below it.

    Place q of W rows is (W − 1)·q, counted from 0; a score lies at or below the quantile interpolated there
    exactly if the first row of that score has a number no larger. So no row need be repeated to count twice.
    """
    order = np.argsort(scores)
    ranked = scores[order]
    before = np.cumsum(weights[order]) - weights[order]
    starts = np.flatnonzero(np.append(len(ranked) > 0, ranked[1:] != ranked[:-1]))[: len(ranked)]
    first = np.repeat(before[starts], np.diff(starts, append=len(ranked)))
    places = (weights.sum() - 1) * np.arange(1, bins) / bins
    numbers = np.empty(len(scores), dtype=np.intp)
    numbers[order] = np.searchsorted(places, first)
    return numbers
