"""chrF: F-score of character n-grams up to six (Popović 2015), by sacrebleu with its own settings (chrF2)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from evals.metrics.bleu import streams


def chrf(text: str, references: Sequence[str]) -> float:
    """Score one text, as sacrebleu's `sentence_chrf` divided by 100.

    Args:
        text: What was produced.
        references: Right ones; the nearest counts.

    Returns:
        A share in [0, 1]; 0 for an empty text.

    Raises:
        ValueError: There is no reference.
    """
    if not references:
        raise ValueError("chrF needs at least one reference")
    return _share(_chrf().sentence_score(text, list(references)).score)


def corpus_chrf(texts: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Score many texts as one, as sacrebleu's `corpus_chrf` divided by 100.

    Args:
        texts: What was produced, n texts.
        references: For each text its right ones; numbers of them may differ.

    Returns:
        A share in [0, 1].

    Raises:
        ValueError: There is no text, or one has no reference.
    """
    return _share(_chrf().corpus_score(list(texts), streams(texts, references)).score)


@cache
def _chrf() -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()


def _share(score: float) -> float:
    return min(1.0, score / 100)  # sums may leave a little more than 100
