"""From scores to probabilities: logistic regression on a few numbers (Platt 1999, several inputs).

A calibration is data: names, weights and a constant, kept with the adapter that it was fitted for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from homespun.errors import CorruptWeights


@dataclass(frozen=True)
class Calibration:
    """`sigmoid(constant + Σ weight · value)`."""

    weights: Mapping[str, float]
    constant: float = 0.0

    def __call__(self, values: Mapping[str, float]) -> float:
        """The probability for these values, in [0, 1]."""
        total = self.constant + sum(weight * values[name] for name, weight in self.weights.items())
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, total))))

    @classmethod
    def from_dict(cls, values: Any, fallback: str) -> Self:
        """A calibration as it stands in a configuration; where there is none, the log-odds `fallback` alone.

        Raises:
            CorruptWeights: It's of another form.
        """
        if values is None:
            return cls({fallback: 1.0})
        try:
            weights = {str(name): float(weight) for name, weight in values["weights"].items()}
            return cls(weights, float(values["constant"]))
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise CorruptWeights(f"a calibration is wrong ({error}): copy the folder again") from error
