"""Statistics of scores against labels, for many resamples at once: what `Whole` would do one by one.

They're equal to `evals.metrics.auroc`, `balanced_accuracy`, `ece` and `best_threshold`; NaN where one label
is missing (`Ece`, `BestThreshold`: where nothing has weight).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evals.measure import Array, Columns

_CHUNK = 1 << 22
"""Figures held at once."""


@dataclass(frozen=True)
class Auroc:
    """AUROC of a column of scores; with `group`, the mean over its values of their own AUROC.

    Attributes:
        score: column of scores.
        label: column of labels, 0 or 1.
        group: column whose values part the rows; a part that lacks a label isn't counted.
    """

    score: str
    label: str
    group: str | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns."""
        return (self.score, self.label, *([self.group] if self.group else []))

    def __call__(self, columns: Columns, weights: Array) -> Array:
        """Returns a share in [0, 1] for each row of weights."""
        scores, labels = columns[self.score], columns[self.label]
        if self.group is None:
            return _areas(scores, labels, weights)
        groups = columns[self.group]
        parts = [groups == value for value in np.unique(groups)]
        found = np.stack([_areas(scores[part], labels[part], weights[..., part]) for part in parts])
        counted = ~np.isnan(found)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.where(counted, found, 0).sum(axis=0) / counted.sum(axis=0))


@dataclass(frozen=True)
class BalancedAccuracy:
    """Mean of the shares right of either label.

    Attributes:
        said: column of what was said, 0 or 1.
        label: column of labels, 0 or 1.
    """

    said: str
    label: str

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns."""
        return (self.said, self.label)

    def __call__(self, columns: Columns, weights: Array) -> Array:
        """Returns a share in [0, 1] for each row of weights."""
        said, label = columns[self.said], columns[self.label]
        with np.errstate(invalid="ignore", divide="ignore"):
            hit = (weights @ (said * label)) / (weights @ label)
            passed = (weights @ ((1 - said) * (1 - label))) / (weights @ (1 - label))
        return np.asarray((hit + passed) / 2)


@dataclass(frozen=True)
class Ece:
    """Expected calibration error of a column of probabilities, in bins of equal width.

    Attributes:
        score: column of probabilities.
        label: column of labels, 0 or 1.
        bins: how many.
    """

    score: str
    label: str
    bins: int = 10

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns."""
        return (self.score, self.label)

    def __call__(self, columns: Columns, weights: Array) -> Array:
        """Returns a figure in [0, 1] for each row of weights."""
        scores, labels = columns[self.score], columns[self.label]
        numbers = np.searchsorted(np.linspace(0.0, 1.0, self.bins + 1)[1:-1], scores)
        # A bin's weight times the distance of its two means is the distance of its two sums.
        apart = np.where(numbers[:, None] == np.arange(self.bins), (scores - labels)[:, None], 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.abs(weights @ apart).sum(axis=-1) / weights.sum(axis=-1))


@dataclass(frozen=True)
class BestThreshold:
    """What the best threshold on a column would give, chosen on each resample anew.

    Attributes:
        score: rows that have more of it are answered.
        answered: column of what a row is worth if it's answered.
        abstained: column of what it's worth if it isn't.
    """

    score: str
    answered: str
    abstained: str

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns."""
        return (self.score, self.answered, self.abstained)

    def __call__(self, columns: Columns, weights: Array) -> Array:
        """Returns the mean worth for each row of weights."""
        scores, answered, abstained = (columns[name] for name in self.needs)
        order = np.argsort(-scores, kind="stable")
        gained, ranked = (answered - abstained)[order], scores[order]
        ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], len(ranked) > 0))
        rows = np.atleast_2d(weights)
        step = max(1, _CHUNK // max(1, len(scores)))
        parts = [
            np.cumsum(rows[at : at + step][:, order] * gained, axis=1)[:, ends].max(axis=1, initial=0.0)
            for at in range(0, len(rows), step)
        ]
        with np.errstate(invalid="ignore", divide="ignore"):
            found = (np.concatenate(parts) + rows @ abstained) / rows.sum(axis=1)
        return np.asarray(found.reshape(weights.shape[:-1]))


def _areas(scores: Array, labels: Array, weights: Array) -> Array:
    if not len(scores):
        return np.full(weights.shape[:-1], np.nan)
    order = np.argsort(scores, kind="stable")
    ranked, true = scores[order], labels[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    rows = np.atleast_2d(weights)
    step = max(1, _CHUNK // len(scores))
    found = np.concatenate(
        [_area(rows[at : at + step][:, order], true, starts) for at in range(0, len(rows), step)]
    )
    return np.asarray(found.reshape(weights.shape[:-1]))


def _area(weights: Array, true: Array, starts: NDArray[np.intp]) -> Array:
    """Of rows in the order of their scores; `starts` is where each run of equal scores begins."""
    good = np.add.reduceat(weights * true, starts, axis=1)
    bad = np.add.reduceat(weights * (1 - true), starts, axis=1)
    below = np.cumsum(bad, axis=1) - bad / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((good * below).sum(axis=1) / (good.sum(axis=1) * bad.sum(axis=1)))
