"""Abstention: does a system decline exactly the questions that have no answer?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evals.metrics.checks import same_length


class Abstention(NamedTuple):
    """Shares in [0, 1], or None where nothing was there to count.

    Attributes:
        precision: of the questions it declined, those without an answer.
        recall: of the questions without an answer, those it declined.
        f1: their harmonic mean; None only where both are undefined.
    """

    precision: float | None
    recall: float | None
    f1: float | None


def abstention(abstained: Sequence[bool], unanswerable: Sequence[bool]) -> Abstention:
    """Compare what was declined with what should have been.

    Args:
        abstained: For each question, whether the system declined.
        unanswerable: For each question, whether it has no answer.

    Raises:
        ValueError: Their numbers differ.
    """
    same_length(abstained=abstained, unanswerable=unanswerable)
    right = sum(a and u for a, u in zip(abstained, unanswerable, strict=True))
    said, due = sum(map(bool, abstained)), sum(map(bool, unanswerable))
    return Abstention(
        precision=right / said if said else None,
        recall=right / due if due else None,
        f1=2 * right / (said + due) if said + due else None,
    )
