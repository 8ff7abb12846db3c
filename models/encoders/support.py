"""How far a passage speaks of what a question says: it tells an answer from what merely looks like one.

People make a question unanswerable by naming another thing, by an opposite or by "not" (Rajpurkar et al.
2018, arXiv:1806.03822, table 2). A small encoder finds the likely place all the same; that the passage lacks
the words is plain to see. English rules, as in `homespun.text`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from homespun.text.sentences import split
from homespun.text.words import FUNCTION_WORDS, names, words

_NEGATIONS = frozenset({"not", "no", "never", "without", "non", "except", "least"})

SIGNS = ("missing", "apart", "unnamed", "negated")
"""What `support` gives."""


def support(question: str, passage: str, start: int) -> dict[str, float]:
    """Compare words without case, endings and function words.

    Args:
        question: In words.
        passage: Where the answer stands.
        start: The answer's first character.

    Returns:
        "missing", the share of the question's words that the passage lacks; "apart", the share that the
        sentence of the answer lacks; "unnamed", 1 where the passage lacks a name or a number of the question;
        "negated", 1 where the question says "not" or the like. All in [0, 1].
    """
    asked = words(question)
    told = [word for word in asked if word not in FUNCTION_WORDS]
    named = [*names(question), *(word for word in told if word[0].isdigit())]
    here = set(words(passage))
    around = next((span.of(passage) for span in split(passage) if span.start <= start < span.end), passage)
    return {
        "missing": _lacking(told, here),
        "apart": _lacking(told, set(words(around))),
        "unnamed": float(any(word not in here for word in named)),
        "negated": float(any(word in _NEGATIONS for word in asked)),
    }


def _lacking(told: Sequence[str], here: Collection[str]) -> float:
    return sum(word not in here for word in told) / max(1, len(told))
