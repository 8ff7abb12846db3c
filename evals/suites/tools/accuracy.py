"""The mean over categories: every category counts the same, however many samples it has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evals.measure import Array, Columns


@dataclass(frozen=True)
class CategoryMean:
    """The unweighted mean of a column's means in each category.

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
