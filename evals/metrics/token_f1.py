"""Token F1: words that the answer shares with the nearest right one.

SQuAD's official normalisation and rule (Rajpurkar et al. 2016, 2018; evaluate-v2.0.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from evals.metrics.exact_match import gold, normalise


def token_f1(answer: str, references: Sequence[str]) -> float:
    """Compare an answer's words with those of the right ones.

    Args:
        answer: The answer; "" says that there is none.
        references: Right ones, of which the nearest counts; none at all if the question can't be answered.

    Returns:
        A share in [0, 1]. Where either side has no word, 1.0 if the other has none too, else 0.0 (version
        2.0's rule).
    """
    given = normalise(answer).split()
    return max(_f1(given, normalise(right).split()) for right in gold(references))


def _f1(given: list[str], right: list[str]) -> float:
    if not given or not right:
        return float(given == right)
    shared = (Counter(given) & Counter(right)).total()
    return 2 * shared / (len(given) + len(right))
