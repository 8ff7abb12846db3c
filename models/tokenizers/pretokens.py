"""Splits text into pre-tokens: the pieces inside which byte pairs may merge, and across which they never do.

Contract: `"".join(split(text)) == text`. GPT-2's scheme (Radford et al. 2019) with four changes: every
digit stands alone, marks belong to letters (Devanagari and Arabic words stay whole), line breaks end a
piece, and no piece is much longer than `LONGEST`. One pattern, `PATTERN`, serves Python's `re` and the
regular expressions of the Rust runtime; it means the same in both because it uses no Unicode property, no
case folding, and only one look-ahead of one character.
"""

import re
from functools import cache

from models.tokenizers.classes import LETTERS, NUMBERS, WHITESPACE, character_set

_L, _N, _S = character_set(LETTERS), character_set(NUMBERS), character_set(WHITESPACE)

# Characters in a run, at most. One without end (ten million spaces) makes the regular expressions of the Rust
# runtime give up, and would be a word of that length to merge.
LONGEST = 64

PATTERN = "|".join(
    [
        "'(?:[sdmt]|ll|ve|re)",  # English contractions
        f" ?[{_L}]{{1,{LONGEST}}}",  # a word, with the space before it
        f"[{_N}]",  # one digit
        f" ?[^{_S}{_L}{_N}]{{1,{LONGEST}}}",  # punctuation, symbols, control characters
        f"[{_S}]{{0,{LONGEST}}}[\r\n]{{1,{LONGEST}}}",  # space up to and with line breaks
        f"[{_S}]{{1,{LONGEST}}}(?![^{_S}])",  # space, all but the last character before a word
        f"[{_S}]{{1,{LONGEST}}}",
    ]
)


@cache
def _compiled() -> re.Pattern[str]:
    return re.compile(PATTERN)


def split(text: str) -> list[str]:
    """Returns the pre-tokens of a text in order."""
    return _compiled().findall(text)
