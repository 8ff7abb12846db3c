"""Where a message can be cut between what it asks for one after the other: sentences, clauses, "and", commas.

Commas inside of a place ("Boston, MA") or a date ("May 1, 2022") part nothing; those between two numbers
written without a space ("1,5 and 10") do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

COMMA, AND, CLAUSE, SENTENCE = range(4)
"""How strongly a cut parts what is before it from what is behind it."""

_PARTS = re.compile(
    r"(?P<sentence>[.?!][\"”'’]*\s+(?=[\"“'‘(]*[A-Z])|[;\n]+\s*)"
    r"|(?P<clause>(?i:,?\s+(?:and\s+)?(?:then|also|finally|lastly|followed\s+by|as\s+well\s+as|while|whereas|but|"
    r"another)\b\s*|,\s*(?:and|or)\s+|\?\s+))"
    r"|(?P<and>\s+(?:and|or)\s+|\s*&\s*)"
    r"|(?P<comma>,\s+(?![A-Z]{2}\b|[A-Z]\.[A-Z]\b|USA\b)|,(?=\d{1,2}\b(?!\d)))"
)
_STRENGTHS = {"comma": COMMA, "and": AND, "clause": CLAUSE, "sentence": SENTENCE}
_DAY = re.compile(
    r"\b(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}(?:st|nd|rd|th)?$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\d{4}\b")
_LONGEST_DAY = 20


@dataclass(frozen=True)
class Cut:
    """Characters start:end that belong to neither side, and how strongly they part."""

    start: int
    end: int
    strength: int


def cuts(text: str, begin: int = 0, stop: int | None = None) -> list[Cut]:
    """All places between two characters of a text where it can be cut, in their order."""
    stop = len(text) if stop is None else stop
    return [
        Cut(one.start(), one.end(), _STRENGTHS[str(one.lastgroup)])
        for one in _PARTS.finditer(text, begin, stop)
        if not _inside_date(text, one)
    ]


def strongest(found: Sequence[Cut], start: int, end: int) -> Cut | None:
    """The strongest cut within start:end: of sentences the first, of others the last; None without one."""
    inside = [cut for cut in found if start <= cut.start and cut.end <= end]
    most = max((cut.strength for cut in inside), default=COMMA)
    best = [cut for cut in inside if cut.strength == most]
    return (best[0] if most == SENTENCE else best[-1]) if best else None


def _inside_date(text: str, one: re.Match[str]) -> bool:
    if one.lastgroup != "comma" or not _YEAR.match(text, one.end()):
        return False
    return _DAY.search(text[max(0, one.start() - _LONGEST_DAY) : one.start()]) is not None
