"""English as answers use it, for suites that judge by patterns: sentences, words, denials, not knowing.

Contract: cut simply, at what ends a sentence in plain talk; `homespun.text.sentences` knows more and has
exact spans.
Patterns have straight apostrophes and groups that capture nothing: texts are straightened before they're
matched, and a suite puts the patterns among its own.
"""

from __future__ import annotations

import re
from functools import cache

ADVERBS = (
    r"(?:(?:certainly|definitely|honestly|really|simply|just|actually|currently|unfortunately|personally|"
    r"directly|yet|always|also|even|only|still) )*"
)
"""Any number of adverbs between "I" and its verb, each with a space."""

UNSURE = (
    r"\bi(?:'m| am) (?:\w+ )?(?:not|un)(?: \w+)? ?"
    r"(?:sure\b(?! you)|certain\b|aware\b|clear\b|familiar\b|able\b|told\b|informed\b)"
)
"""I'm not sure, I'm unaware, I'm not quite certain."""
NOTHING = (
    r"\b(?:i|we)(?:'ve| have)(?: got)? (?:\w+ )?(?:no|zero) (?:\w+ )?"
    r"(?:idea|clue|records?|way|means|access|information|info|notes?|knowledge|memory|mention|data|details?)\b"
)
"""I have no idea, I've absolutely no record."""
LACKING = r"\bi lack\b|\bmore than i (?:know|can)\b"

_MARKS = str.maketrans("’‘“”", "''\"\"")
_TITLE = re.compile(r"\b(Dr|Mr|Mrs|Ms|St)\.(?=\s)")
_END = re.compile(r"(?<=[.!?。！？])\s+|\n+")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


def straight(text: str) -> str:
    """Returns the text with straight quotation marks and apostrophes; its length stays."""
    return text.translate(_MARKS)


def sentences(text: str) -> list[str]:
    """Returns the sentences, straightened: cut after . ! ? and at line breaks, not after "Dr." or in 6.45."""
    text = _TITLE.sub(r"\1", straight(text))
    return [part.strip() for part in _END.split(text) if part.strip()]


def words(text: str) -> list[str]:
    """Returns the words in lower case, "don't" being one."""
    return _WORD.findall(straight(text).lower())


def denied(before: str, reach: int) -> bool:
    """Returns whether what stands right before a value denies it, with at most `reach` words between."""
    return bool(_denial(reach).search(straight(before)))


@cache
def _denial(reach: int) -> re.Pattern[str]:
    denials = r"\b(?:not|isn't|wasn't|aren't|never|no longer|instead of|rather than)"
    return re.compile(rf"{denials}(?: \S+){{0,{reach}}} ?$", re.IGNORECASE)
