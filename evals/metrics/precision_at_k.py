"""Precision@k: the share of the first k passages that are relevant (trec_eval's `P_k`)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from evals.metrics.ranking import Grades, gains


def precision_at_k(ranked: Sequence[Hashable], relevant: Grades, k: int) -> float:
    """Share of k places that hold a relevant id.

    Args:
        ranked: Ids, the best first, each once.
        relevant: Grades by id (above 0 is relevant), or the relevant ids.
        k: How many places there are; one that `ranked` doesn't fill counts as not relevant.

    Returns:
        A share in [0, 1].

    Raises:
        ValueError: An id is ranked twice, or k is below 1.
    """
    return sum(gain > 0 for gain in gains(ranked, relevant, k)) / k
