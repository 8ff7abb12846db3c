"""Context relevance: how much of what was retrieved bears on the question (after RAGAS, Es et al. 2023).

RAGAS: sentences of the context that are needed to answer, over all its sentences. Here which ones bear on the
question is said by a score per sentence (or passage), by whatever judge or encoder, so that the metric is the
same for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from evals.metrics.checks import same_length


def context_relevance(
    scores: Sequence[float], *, threshold: float = 0.5, lengths: Sequence[float] | None = None
) -> float | None:
    """Share of what was retrieved whose score reaches the threshold.

    Args:
        scores: One for each retrieved sentence or passage: how much it bears on the question.
        threshold: The lowest score that counts as bearing on it.
        lengths: What each weighs (words, characters); None weighs all alike.

    Returns:
        A share in [0, 1], or None where nothing was retrieved or all lengths are 0.

    Raises:
        ValueError: A score isn't finite, a length is negative or not finite, or their numbers differ.
    """
    weights = [1.0] * len(scores) if lengths is None else list(lengths)
    same_length(scores=scores, lengths=weights)
    if not all(map(math.isfinite, scores)):
        raise ValueError("scores must be finite numbers")
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights):
        raise ValueError("lengths must be finite and not negative")
    total = math.fsum(weights)
    near = math.fsum(weight for score, weight in zip(scores, weights, strict=True) if score >= threshold)
    return near / total if total > 0 else None
