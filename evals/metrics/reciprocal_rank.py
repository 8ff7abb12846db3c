"""Reciprocal rank of the first relevant passage (trec_eval's `recip_rank`); its mean is MRR."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from evals.metrics.ranking import Grades, gains, positive


def reciprocal_rank(ranked: Sequence[Hashable], relevant: Grades, k: int | None = None) -> float | None:
    """One over the place of the first relevant id.

    Args:
        ranked: Ids, the best first, each once.
        relevant: Grades by id (above 0 is relevant), or the relevant ids.
        k: How many of `ranked` count; None for all.

    Returns:
        A share in [0, 1], 0 where none is found, or None where nothing is relevant.

    Raises:
        ValueError: An id is ranked twice, or k is below 1.
    """
    found = gains(ranked, relevant, k)
    if not positive(relevant):
        return None
    return next((1 / place for place, gain in enumerate(found, 1) if gain > 0), 0.0)
