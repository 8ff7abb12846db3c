"""ROUGE: words, word pairs and the longest common subsequence that a text shares with references (Lin 2004).

By Google's rouge-score: lower case, letters a to z and digits only, Porter's stemmer unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

KINDS = ("rouge1", "rouge2", "rougeL")


def rouge(text: str, references: Sequence[str], *, stem: bool = True) -> dict[str, float]:
    """Score one text.

    Args:
        text: What was produced.
        references: Right ones; for each kind the one with the best F-measure counts.
        stem: Whether "runs" is "run".

    Returns:
        F-measures in [0, 1] for "rouge1", "rouge2" and "rougeL"; 0 where either text has no such n-gram.

    Raises:
        ValueError: There is no reference.
    """
    if not references:
        raise ValueError("ROUGE needs at least one reference")
    found = _scorer(stem).score_multi(list(references), text)
    return {kind: float(found[kind].fmeasure) for kind in KINDS}


@cache
def _scorer(stem: bool) -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(list(KINDS), use_stemmer=stem)
