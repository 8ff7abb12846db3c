"""Exact match: is the answer one of the right ones, but for case, punctuation, articles and spaces?

SQuAD's official normalisation and rule (Rajpurkar et al. 2016, 2018; evaluate-v2.0.py).
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def exact_match(answer: str, references: Sequence[str]) -> float:
    """Compare an answer with the right ones.

    Args:
        answer: The answer; "" says that there is none.
        references: Right ones; none at all if the question can't be answered.

    Returns:
        1.0 or 0.0. Without references only an answer that is empty when normalised is right (version 2.0's
        rule, which also passes over references that are empty when normalised).
    """
    given = normalise(answer)
    return float(any(given == normalise(right) for right in gold(references)))


def normalise(text: str) -> str:
    """Lower case, without ASCII punctuation and the words a, an and the, one space between words."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def gold(references: Sequence[str]) -> list[str]:
    """References that aren't empty when normalised, or the empty answer where there is none."""
    return [right for right in references if normalise(right)] or [""]
