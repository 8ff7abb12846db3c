"""Where the tokens of an encoder begin in a text: what sizes of chunks are counted in.

Contract: a count is never less than what the encoder makes of the same characters, up to what a cut within a
word may add; words that an encoder gives up as unknown are counted by their length, so that no chunk grows
without end.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

from models.encoders.embed import LocalEmbeddings
from models.encoders.trunk import Source, open_trunk

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Tokens = Callable[[str], Sequence[int]]
"""A text → the offsets at which its tokens begin, ascending."""

RESERVE = 40
"""Tokens that are kept free for the title path, which is embedded before a chunk's text."""
SIZE, OVERLAP = 200, 30

_PIECE = 1 << 16
_LONG, _PART = 32, 4
# Scripts without spaces by the character, other words by six letters at most, marks one by one.
_WORD = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]"
    r"|\w{1,6}|[^\w\s]"
)


class Ruler:
    """Counts the tokens of slices of one text, which is tokenised once.

    Args:
        starts: where its tokens begin, ascending.
    """

    def __init__(self, starts: Sequence[int]) -> None:
        self._starts = list(starts)

    def count(self, start: int, end: int) -> int:
        """Returns how many tokens begin in ``text[start:end]``."""
        return self.place(end) - self.place(start)

    def place(self, start: int) -> int:
        """Returns how many tokens begin before a character."""
        return bisect_left(self._starts, start)

    def reach(self, start: int, tokens: int) -> int | None:
        """Returns where the token begins that's behind `tokens` others from `start` on, if there is one."""
        place = self.place(start) + tokens
        return self._starts[place] if place < len(self._starts) else None

    def back(self, end: int, tokens: int) -> int:
        """Returns where the last `tokens` tokens before `end` begin; 0 where there are fewer."""
        place = self.place(end) - tokens
        return self._starts[place] if place >= 0 else 0

    def between(self, start: int, end: int) -> list[int]:
        """Returns where the tokens begin that begin in ``text[start:end]``."""
        return self._starts[self.place(start) : self.place(end)]


def encoder_tokens(embeddings: Embeddings) -> Tokens:
    """Returns the counting of an encoder: a local one's own tokens, else words and marks.

    Raises:
        CorruptWeights: The encoder's files are damaged.
        UsageError: It has no tokenizer.json.
    """
    if not isinstance(embeddings, LocalEmbeddings):
        return word_tokens
    tokenizer = _whole(embeddings.source)

    def tokens(text: str) -> list[int]:
        pieces = list(_pieces(text))
        encoded = tokenizer.encode_batch([text[start:end] for start, end in pieces], add_special_tokens=False)
        return [
            start + place
            for (start, _), piece in zip(pieces, encoded, strict=True)
            for place in _places(piece.offsets)
        ]

    return tokens


def encoder_size(embeddings: Embeddings, size: int = SIZE) -> int:
    """Returns `size`, or what the encoder reads less its special tokens and `RESERVE` if that's less."""
    if not isinstance(embeddings, LocalEmbeddings):
        return size
    special = _whole(embeddings.source).num_special_tokens_to_add(False)
    return min(size, embeddings.source.max_length - special - RESERVE)


def word_tokens(text: str) -> list[int]:
    """Returns where words and marks begin: near enough to the tokens of an encoder that isn't at hand."""
    return [found.start() for found in _WORD.finditer(text)]


@lru_cache(maxsize=4)
def _whole(source: Source) -> Tokenizer:
    """A copy of the encoder's tokenizer that cuts nothing off; the shared one stays as it is."""
    from tokenizers import Tokenizer

    copy = Tokenizer.from_str(open_trunk(source).tokenizer.to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy


def _places(offsets: Sequence[tuple[int, int]]) -> Iterator[int]:
    for start, end in offsets:
        if end - start <= _LONG:
            yield start
        else:
            yield from range(start, end, _PART)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Cuts a text behind line breaks, or spaces, so that no piece is too long to be tokenised at once."""
    start = 0
    while len(text) - start > _PIECE:
        end = start + _PIECE
        cut = text.rfind("\n", start, end) + 1 or text.rfind(" ", start, end) + 1 or end
        yield start, cut
        start = cut
    yield start, len(text)
