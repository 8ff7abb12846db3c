"""BLEU: n-grams of one to four words that a text shares with references (Papineni et al. 2002).

By sacrebleu (Post 2018) with its own settings: tokenizer 13a, case kept, exponential smoothing. The field
writes BLEU times 100; here it's a share in [0, 1].
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from evals.metrics.checks import same_length


def bleu(text: str, references: Sequence[str]) -> float:
    """Score one text, as sacrebleu's `sentence_bleu`: n-gram orders that it's too short for are left out.

    Args:
        text: What was produced.
        references: Right ones; more n-grams may match than any one of them has.

    Returns:
        A share in [0, 1]; 0 for an empty text.

    Raises:
        ValueError: There is no reference.
    """
    if not references:
        raise ValueError("BLEU needs at least one reference")
    return _share(_bleu(sentences=True).sentence_score(text, list(references)).score)


def corpus_bleu(texts: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Score many texts as one, as sacrebleu's `corpus_bleu`; not the mean of their own scores.

    Args:
        texts: What was produced, n texts.
        references: For each text its right ones; numbers of them may differ.

    Returns:
        A share in [0, 1].

    Raises:
        ValueError: There is no text, or one has no reference.
    """
    return _share(_bleu(sentences=False).corpus_score(list(texts), streams(texts, references)).score)


def streams(texts: Sequence[str], references: Sequence[Sequence[str]]) -> list[list[str | None]]:
    """Turn references by text into sacrebleu's form: all first ones, all second ones, …; None for none.

    Raises:
        ValueError: There is no text, or one has no reference.
    """
    same_length(texts=texts, references=references)
    if not texts or not all(references):
        raise ValueError("a corpus score needs at least one text, and a reference for each")
    deepest = max(map(len, references))
    return [[row[place] if place < len(row) else None for row in references] for place in range(deepest)]


@cache
def _bleu(sentences: bool) -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(effective_order=sentences)


def _share(score: float) -> float:
    return min(1.0, score / 100)  # sums of logarithms may leave a little more than 100
