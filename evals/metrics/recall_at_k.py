"""Recall@k: the share of all relevant passages that are among the first k (trec_eval's `recall_k`)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from evals.metrics.ranking import Grades, gains, positive


def recall_at_k(ranked: Sequence[Hashable], relevant: Grades, k: int) -> float | None:
    """Share of the relevant ids that are found.

    Args:
        ranked: Ids, the best first, each once.
        relevant: Grades by id (above 0 is relevant), or the relevant ids.
        k: How many of `ranked` count.

    Returns:
        A share in [0, 1], or None where nothing is relevant.

    Raises:
        ValueError: An id is ranked twice, or k is below 1.
    """
    found = sum(gain > 0 for gain in gains(ranked, relevant, k))
    total = len(positive(relevant))
    return found / total if total else None
