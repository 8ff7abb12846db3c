"""The cross-encoder judge: any checkpoint that `models.encoders.cross` reads (HHEM, MiniCheck, FactCG, NLI).

Address: ``cross:<folder or hub id>``. The threshold is 0.5, the one their authors publish (MiniCheck, HHEM);
for rerankers it's a guess, and the harness's suite `judge` says what it's worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from homespun.errors import UsageError
from models.encoders.cross import CrossEncoder
from rag.judges.judge import Judge, Pair


class Cross(Judge):
    """A cross-encoder as a judge; loaded at the first pair."""

    threshold = 0.5

    def __init__(self, encoder: CrossEncoder) -> None:
        self.encoder = encoder
        self.name = f"cross:{encoder.name}"
        self.fingerprint = f"cross-1-{encoder.fingerprint[:16]}"

    def judge(self, pairs: Sequence[Pair]) -> list[float]:
        """Returns one probability a pair."""
        return self.encoder.score(pairs)


def build(argument: str = "", *, home: Path | None = None, threads: int | None = None) -> Cross:
    """Makes the judge.

    Raises:
        UsageError: if no checkpoint is named, or its kind isn't known.
        ModelNotFound: if there's none of this name.
    """
    if not argument.strip():
        raise UsageError(
            "Name the cross-encoder, a folder or a hub id: cross:cross-encoder/nli-deberta-v3-small."
        )
    return Cross(CrossEncoder(argument, home=home, threads=threads))
