"""Splits text into pre-tokens: the pieces inside which byte pairs may merge, and across which they never do.

Contract: `"".join(split(text)) == text`. GPT-2's scheme (Radford et al. 2019) with three changes: every digit stands
alone, marks belong to letters (Devanagari and Arabic words stay whole), and line breaks end a piece. One pattern,
`PATTERN`, serves Python's `re` and the regular expressions of the Rust runtime; it means the same in both because it
uses no Unicode property, no case folding, and only one look-ahead of one character.
"""

import re
from functools import cache

from models.tokenizers.classes import LETTERS, NUMBERS, WHITESPACE, character_set

_L, _N, _S = character_set(LETTERS), character_set(NUMBERS), character_set(WHITESPACE)

PATTERN = "|".join(
    [
        "'(?:[sdmt]|ll|ve|re)",  # English contractions
        f" ?[{_L}]+",  # a word, with the space before it
        f"[{_N}]",  # one digit
        f" ?[^{_S}{_L}{_N}]+",  # punctuation, symbols, control characters
        f"[{_S}]*[\r\n]+",  # space up to and with line breaks
        f"[{_S}]+(?![^{_S}])",  # space, all but the last character before a word
        f"[{_S}]+",
    ]
)


@cache
def _compiled() -> re.Pattern[str]:
    return re.compile(PATTERN)


def split(text: str) -> list[str]:
    """Returns the pre-tokens of a text in order."""
    return _compiled().findall(text)
