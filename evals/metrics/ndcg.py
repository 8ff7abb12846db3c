"""nDCG: gain discounted by its place, over the best there could be (Järvelin and Kekäläinen 2002).

trec_eval's definition (`ndcg`, `ndcg_cut_k`): the gain is the grade itself, not 2^grade − 1, and place r is
discounted by log2(r + 1).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence

from evals.metrics.ranking import Grades, gains, positive


def ndcg(ranked: Sequence[Hashable], relevant: Grades, k: int | None = None) -> float | None:
    """Normalised discounted cumulative gain.

    Args:
        ranked: Ids, the best first, each once.
        relevant: Grades by id, those of 0 and below giving no gain, or the relevant ids (grade 1 each).
        k: How many of `ranked`, and of the ideal list, count; None for all.

    Returns:
        A share in [0, 1], or None where nothing is relevant.

    Raises:
        ValueError: An id is ranked twice, k is below 1, or a grade isn't finite.
    """
    found = _dcg(gains(ranked, relevant, k))
    ideal = _dcg(sorted(positive(relevant).values(), reverse=True)[:k])
    return found / ideal if ideal else None


def _dcg(grades: Iterable[float]) -> float:
    return sum(grade / math.log2(place + 1) for place, grade in enumerate(grades, 1))
