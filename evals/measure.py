"""A measure: which figure a suite reports, as a statistic over the columns of its samples' scores.

Contract: a statistic takes columns (one value a sample, shape [n]) and weights (shape [n], or [r, n] for r
resamples at once) and gives its value (shape [] or [r]). Weights count how often a sample is drawn, which is
how the bootstrap and the permutation test use one formula for every measure. Where a statistic isn't defined
(no sample, one class only) it gives NaN, and whoever reports it says so: NaN never reaches a report.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Columns = Mapping[str, Array]
Bounds = tuple[float, float]
"""The lowest and the highest value that is possible."""


class Statistic(Protocol):
    """A weighted figure over columns.

    One that some samples add nothing to may also have ``counts(columns) -> mask`` (shape [n]), as `Ratio`
    has; `counted` asks it.
    """

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns it reads; a sample that lacks one of them isn't counted."""
        ...

    def __call__(self, columns: Columns, weights: Array) -> Array:
        """Returns the figure: shape [] for weights [n], shape [r] for weights [r, n]."""
        ...


def counted(statistic: Statistic, columns: Columns) -> NDArray[np.bool_]:
    """Returns which samples a statistic rests on, shape [n]: all that it doesn't say it leaves out.

    Leaving the others out changes no value, and n and groups then say what the figure rests on.
    """
    counts = getattr(statistic, "counts", None)
    if counts is not None:
        return np.asarray(counts(columns), dtype=np.bool_)
    return np.ones(min((len(columns[name]) for name in statistic.needs), default=0), dtype=np.bool_)


@dataclass(frozen=True)
class Mean:
    """The weighted mean of one column."""

    column: str

    @property
    def needs(self) -> tuple[str, ...]:
        """The one column."""
        return (self.column,)

    def __call__(self, columns: Columns, weights: Array) -> Array:
        """Returns Σ w·x / Σ w."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((weights @ columns[self.column]) / weights.sum(axis=-1))


@dataclass(frozen=True)
class Ratio:
    """A sum over a sum, times a factor: bits per byte, precision over all citations, tokens a second."""

    above: str
    below: str
    factor: float = 1.0

    @property
    def needs(self) -> tuple[str, ...]:
        """Numerator and denominator."""
        return (self.above, self.below)

    def counts(self, columns: Columns) -> NDArray[np.bool_]:
        """Returns which samples have something in the denominator, or in the numerator all the same."""
        return np.asarray((columns[self.below] != 0) | (columns[self.above] != 0))

    def __call__(self, columns: Columns, weights: Array) -> Array:
        """Returns factor · Σ w·a / Σ w·b; NaN where the denominator is 0."""
        with np.errstate(invalid="ignore", divide="ignore"):
            below = weights @ columns[self.below]
            value = self.factor * (weights @ columns[self.above]) / below
        return np.asarray(np.where(below == 0, np.nan, value))


@dataclass(frozen=True)
class CategoryMean:
    """The unweighted mean of a column's means in each category: each counts the same, however large.

    Attributes:
        column: what is averaged.
        category: a column that says by a number which category a sample belongs to.
    """

    column: str
    category: str

    @property
    def needs(self) -> tuple[str, ...]:
        """Both columns."""
        return (self.column, self.category)

    def __call__(self, columns: Columns, weights: Array) -> Array:
        """Returns (1/K) Σₖ Σ w·x / Σ w; a category none of whose samples was drawn isn't counted."""
        values, codes = columns[self.column], columns[self.category]
        total, counted = np.zeros(weights.shape[:-1]), np.zeros(weights.shape[:-1])
        for code in np.unique(codes):
            inside = codes == code
            below = weights[..., inside].sum(axis=-1)
            above = weights[..., inside] @ values[inside]
            total = total + np.where(below > 0, above / np.where(below > 0, below, 1), 0)
            counted = counted + (below > 0)
        return np.asarray(np.where(counted > 0, total / np.maximum(counted, 1), np.nan))


@dataclass(frozen=True)
class Whole:
    """Any other figure over whole columns (AUROC, a percentile): computed resample by resample.

    Attributes:
        columns: their names, in the order in which `figure` takes them.
        figure: ``figure(*columns, weights) -> float``; weights are non-negative. None is taken as NaN.
    """

    columns: tuple[str, ...]
    figure: Callable[..., float | None]

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns."""
        return self.columns

    def __call__(self, columns: Columns, weights: Array) -> Array:
        """Returns `figure` for each row of weights."""
        values = [columns[name] for name in self.columns]
        if weights.ndim == 1:
            return np.asarray(self.figure(*values, weights), dtype=np.float64)
        return np.asarray([self.figure(*values, row) for row in weights], dtype=np.float64)


@dataclass(frozen=True)
class Measure:
    """One row of a report.

    Attributes:
        name: as the field calls it, with underscores.
        statistic: how it's computed.
        better: which direction is good; "neither" for what only describes.
        about: one line for the report.
        unit: "" for a share in [0, 1], else "bits", "s", "tokens/s", "bytes", "tokens", …
        primary: whether a fall of it fails the regression gate.
        timing: whether it rests on measured time or memory; kept apart from what must be repeatable.
        bounds: its lowest and highest possible value, where the unit doesn't say them.
    """

    name: str
    statistic: Statistic
    better: Literal["higher", "lower", "neither"] = "higher"
    about: str = ""
    unit: str = ""
    primary: bool = False
    timing: bool = False
    bounds: Bounds | None = None

    @property
    def range(self) -> Bounds:
        """The values it can take: `bounds`, else [0, 1] for a share and [0, ∞) for what has a unit."""
        if self.bounds is not None:
            return self.bounds
        return (0.0, 1.0) if not self.unit else (0.0, math.inf)
