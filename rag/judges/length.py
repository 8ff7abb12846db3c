"""The length judge: shorter claims are likelier to be supported. It doesn't read the premise.

It's there to be shown beside every other judge: data on which it does well can be judged without reading.
Direction and scale come from training data: in six of nine sources (66,918 claims in all) the supported
claims are the shorter ones, and the median claim has 9 words.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from homespun.errors import UsageError
from rag.judges.judge import Judge, Pair

MEDIAN = 9
THRESHOLD = 0.5


class Length(Judge):
    """MEDIAN / (MEDIAN + words): a half for a claim of median length."""

    name = "length"

    def __init__(self) -> None:
        self.fingerprint = f"length-1-{sha256(repr((MEDIAN, THRESHOLD)).encode()).hexdigest()[:16]}"
        self.threshold = THRESHOLD

    def judge(self, pairs: Sequence[Pair]) -> list[float]:
        """Returns one figure a pair."""
        return [MEDIAN / (MEDIAN + len(claim.split())) for _, claim in pairs]


def build(argument: str = "", *, home: Path | None = None, threads: int | None = None) -> Length:  # noqa: ARG001
    """Makes the judge.

    Raises:
        UsageError: if it's given an argument.
    """
    if argument:
        raise UsageError(f"The judge length takes no argument, and {argument!r} was given.")
    return Length()
