"""Average precision; its mean over questions is MAP (trec_eval's `map` and `map_cut_k`)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from evals.metrics.ranking import Grades, gains, positive


def average_precision(ranked: Sequence[Hashable], relevant: Grades, k: int | None = None) -> float | None:
    """Mean, over all relevant ids, of the precision at the place of each; 0 for one that isn't found.

    Args:
        ranked: Ids, the best first, each once.
        relevant: Grades by id (above 0 is relevant), or the relevant ids.
        k: How many of `ranked` count; None for all. The mean is over all relevant ids whatever it is.

    Returns:
        A share in [0, 1], or None where nothing is relevant.

    Raises:
        ValueError: An id is ranked twice, or k is below 1.
    """
    seen, total = 0, 0.0
    for place, gain in enumerate(gains(ranked, relevant, k), 1):
        if gain > 0:
            seen += 1
            total += seen / place
    count = len(positive(relevant))
    return total / count if count else None
