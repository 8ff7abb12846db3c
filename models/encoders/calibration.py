"""From scores to probabilities: logistic regression on a few numbers (Platt 1999, several inputs).

A calibration is data: names, weights and a constant, kept with the adapter that it was fitted for.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from homespun.errors import CorruptWeights

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Calibration:
    """`sigmoid(constant + Σ weight · value)`, of values by their names."""

    weights: Mapping[str, float]
    constant: float = 0.0

    def __call__(self, values: Mapping[str, float]) -> float:
        """The probability for these values, in [0, 1]; there must be one for each weight."""
        return sigmoid(self.constant + sum(weight * values[name] for name, weight in self.weights.items()))

    @classmethod
    def from_dict(cls, values: Any, fallback: str, known: Collection[str] | None = None) -> Self:
        """A calibration as it stands in a configuration; where there is none, the log-odds `fallback` alone.

        Args:
            values: {"weights": {name: weight}, "constant": …}, or None.
            fallback: The name of the log-odds.
            known: The names that values will be given for; None takes any.

        Raises:
            CorruptWeights: It's of another form, or weighs what isn't known.
        """
        if values is None:
            return cls({fallback: 1.0})
        try:
            weights = {str(name): float(weight) for name, weight in values["weights"].items()}
            constant = float(values["constant"])
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise CorruptWeights(f"a calibration is wrong ({error})") from error
        if not all(map(math.isfinite, (constant, *weights.values()))):
            raise CorruptWeights("a calibration is wrong (a weight is no finite number)")
        if known is not None and (odd := weights.keys() - set(known)):
            raise CorruptWeights(
                f"a calibration weighs {', '.join(sorted(odd))}; known are {', '.join(sorted(known))}"
            )
        return cls(weights, constant)


def sigmoid(odds: float) -> float:
    """The probability that belongs to log-odds."""
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, odds))))


def softmax(scores: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """The probabilities of things of which one is right, from their log-odds against anything common."""
    table = np.asarray(scores, np.float64)
    odds = np.exp(table - table.max())
    shares: NDArray[np.float64] = odds / odds.sum()
    return shares
