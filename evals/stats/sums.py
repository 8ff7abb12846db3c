"""Sums: means and ratios as functions of what each group adds up to.

Contract: a mean is a ratio too (of a sum to a count), so means, ratios and differences of two runs in them
are all ``Σ_k factor_k · Σ_g w_g·above_kg / Σ_g w_g·below_kg`` over groups g. That's what resampling needs,
and how far each group pulls the figure (its influence, the first-order term) gives a standard error without
resampling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evals.measure import Array, Columns, Mean, Ratio, Statistic
from evals.stats.clusters import Clusters


@dataclass(frozen=True)
class Term:
    """One ratio of two sums over groups; `above` and `below` have shape [groups]."""

    factor: float
    above: Array
    below: Array


@dataclass(frozen=True)
class Sums:
    """A figure made of ratios of sums."""

    terms: tuple[Term, ...]

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(self.terms[0].above)

    def values(self, weights: Array) -> tuple[Array, Array]:
        """Returns the figure and its standard error for each resample.

        The standard error is the cluster-robust one from the influences, times √(G/(G − 1)).

        Args:
            weights: shape [r, groups].

        Returns:
            Two arrays of shape [r]; NaN where a denominator is 0.
        """
        value = np.zeros(len(weights))
        pull = np.zeros_like(weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            for term in self.terms:
                below = weights @ term.below
                ratio = (weights @ term.above) / below
                value += term.factor * ratio
                pull += (term.factor / below)[:, None] * (term.above - ratio[:, None] * term.below)
            variance = np.einsum("rg,rg,rg->r", weights, pull, pull)
        return value, np.sqrt(variance * self.groups / max(1, self.groups - 1))

    def jackknife(self) -> tuple[Array, float]:
        """Leaves out one group at a time.

        Returns:
            The figure without each group, shape [groups], and the jackknife's standard error about the full
            figure (CR3, as it's called for clusters: it widens where one group weighs much).
        """
        value, full = np.zeros(self.groups), 0.0
        with np.errstate(invalid="ignore", divide="ignore"):
            for term in self.terms:
                above, below = term.above.sum(), term.below.sum()
                value += term.factor * (above - term.above) / (below - term.below)
                full += float(term.factor * above / below)
            error = float(np.sqrt((1 - 1 / self.groups) * np.sum((value - full) ** 2)))
        return value, error


def sums_of(statistic: Statistic, columns: Columns, clusters: Clusters) -> Sums | None:
    """Returns the statistic as a function of groups' sums, or None if it isn't one."""
    if isinstance(statistic, Mean):
        return Sums((Term(1.0, clusters.sums(columns[statistic.column]), clusters.sizes),))
    if isinstance(statistic, Ratio):
        above, below = (clusters.sums(columns[name]) for name in statistic.needs)
        return Sums((Term(statistic.factor, above, below),))
    return None


def difference_of(statistic: Statistic, a: Columns, b: Columns, clusters: Clusters) -> Sums | None:
    """Returns the figure of b minus the figure of a, for two runs on the same samples, or None."""
    if isinstance(statistic, Mean):
        change = clusters.sums(b[statistic.column] - a[statistic.column])
        return Sums((Term(1.0, change, clusters.sizes),))
    one, other = sums_of(statistic, a, clusters), sums_of(statistic, b, clusters)
    if one is None or other is None:
        return None
    return Sums((*other.terms, *(Term(-t.factor, t.above, t.below) for t in one.terms)))
