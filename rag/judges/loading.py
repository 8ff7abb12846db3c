"""Judges by address: ``lexical``, ``length``, ``cosine``, ``chat:<model's address>``, ``cross:<name>``."""

from __future__ import annotations

from pathlib import Path

from homespun.errors import UsageError
from rag.judges import JUDGES
from rag.judges.judge import Judge

DEFAULT = "lexical"


def load_judge(address: str = DEFAULT, *, home: Path | None = None, threads: int | None = None) -> Judge:
    """Makes the judge that an address leads to.

    Args:
        address: ``name`` or ``name:argument``; the names are the rows of `rag.judges.JUDGES`.
        home: HOMESPUN_HOME, where the user's own models are.
        threads: processor threads of a judge that computes here; None for all.

    Raises:
        UsageError: if there is no such judge, or it can't be made of this argument.
    """
    name, _, argument = address.partition(":")
    if not name.strip():
        raise UsageError(f"The judge's name is empty. There are: {', '.join(JUDGES.listed())}.")
    return JUDGES[name](argument, home=home, threads=threads)
