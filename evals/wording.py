"""What answers are cut into where suites judge them by patterns: sentences, words, straight marks.

Contract: cut simply, at what ends a sentence in plain talk; `rag.sentences` knows abbreviations and quotations,
and its spans are exact. Patterns are written with straight apostrophes, so texts are straightened before
they're matched.
"""

from __future__ import annotations

import re

_MARKS = str.maketrans("’‘“”", "''\"\"")
_TITLE = re.compile(r"\b(Dr|Mr|Mrs|Ms|St)\.(?=\s)")
_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n+")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


def straight(text: str) -> str:
    """Returns the text with straight quotation marks and apostrophes; its length stays."""
    return text.translate(_MARKS)


def sentences(text: str) -> list[str]:
    """Returns the sentences, straightened: cut after . ! ? and at line breaks, not after "Dr" or in 6.45."""
    text = _TITLE.sub(r"\1", straight(text))
    return [part.strip() for part in _END.split(text) if part.strip()]


def words(text: str) -> list[str]:
    """Returns the words in lower case, "don't" being one."""
    return _WORD.findall(straight(text).lower())
