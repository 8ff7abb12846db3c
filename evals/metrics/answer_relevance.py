"""Answer relevance: is the answer about what was asked?

Two readings. `answer_relevance` is the cosine of the question's and the answer's vectors, from whatever
encoder (RAGAS compares the question with questions made from the answer; here no model writes any).
`lexical_relevance` is the share of the question's content words that the answer takes up: it needs no
encoder, but a right answer of one word gets 0, so it only describes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from evals.metrics.checks import same_length
from evals.metrics.tokens import read

_ASKING = frozenset(("tell", "say", "please", "give", "name", "explain", "describe", "list", "much", "many"))
"""Words that belong to the asking, not to what's asked about."""


def answer_relevance(question: Sequence[float], answer: Sequence[float]) -> float | None:
    """Cosine of two vectors, from -1 to 1, higher for nearer.

    Returns:
        The cosine, or None where a vector is all zeros (a text that is empty for its encoder).

    Raises:
        ValueError: They differ in length or hold something that isn't a finite number.
    """
    same_length(question=question, answer=answer)
    if not all(map(math.isfinite, (*question, *answer))):
        raise ValueError("vectors must hold finite numbers")
    lengths = math.hypot(*question) * math.hypot(*answer)
    if lengths == 0:
        return None
    cosine = math.fsum(a * b for a, b in zip(question, answer, strict=True)) / lengths
    return max(-1.0, min(1.0, cosine))


def lexical_relevance(question: str, answer: str) -> float | None:
    """Share of the question's content words that are in the answer, cut to five letters; None without any."""
    asked = {word.normal[:5] for word in read(question) if word.content and word.normal not in _ASKING}
    said = {word.normal[:5] for word in read(answer)}
    return len(asked & said) / len(asked) if asked else None
