"""How two texts stand before an encoder: `[CLS] first [SEP] second [SEP]`, a long second one in windows.

Contract: windows overlap, cover the second text whole, and each fits into `max_length` tokens with the first.
Training and use lay texts out by this one module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING

from homespun.errors import UsageError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

CLS, SEP = "[CLS]", "[SEP]"


@dataclass(frozen=True)
class Pieces:
    """A text in tokens, with the characters start:end that each stands for."""

    ids: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]

    def tokens(self, start: int, end: int) -> tuple[int, int] | None:
        """First and last token that share a character with start:end; None where none does."""
        inside = [number for number, (begin, stop) in enumerate(self.spans) if begin < end and stop > start]
        return (inside[0], inside[-1]) if inside else None


@dataclass(frozen=True)
class Window:
    """One row for the encoder.

    Attributes:
        ids: Token ids, special ones included.
        second: Where the second text's tokens begin in `ids`.
        first_piece: Which token of the second text stands there.
        pieces: How many tokens of the second text there are; a [SEP] follows them.
    """

    ids: tuple[int, ...]
    second: int
    first_piece: int
    pieces: int


def pieces(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Pieces]:
    """Texts in tokens, none cut off or filled up, whatever the tokenizer was saved with."""
    found = []
    for row in tokenizer.encode_batch(list(texts), add_special_tokens=False):
        ids: list[int] = []
        spans: list[tuple[int, int]] = []
        for part in (row, *row.overflowing):
            # Each of these copies the whole row, so each is taken once.
            mask, tokens, offsets = part.attention_mask, part.ids, part.offsets
            ids += compress(tokens, mask)
            spans += compress(offsets, mask)
        found.append(Pieces(tuple(ids), tuple(spans)))
    return found


class Layout:
    """Lays texts out with a BERT-like tokenizer.

    Args:
        tokenizer: Its truncation and padding are not used.
        max_length: Tokens of a row.
        stride: Tokens that neighbouring windows share.
        most_first: Tokens of the first text that are read; what goes beyond is cut off.

    Raises:
        UsageError: The tokenizer has no [CLS] and [SEP], or the lengths leave no room.
    """

    def __init__(self, tokenizer: Tokenizer, *, max_length: int, stride: int, most_first: int) -> None:
        cls, sep = tokenizer.token_to_id(CLS), tokenizer.token_to_id(SEP)
        if cls is None or sep is None:
            raise UsageError(
                "the encoder's tokenizer has no [CLS] and [SEP]: only BERT-like ones can be used"
            )
        if max_length - most_first - 3 <= stride or stride < 0:
            raise UsageError(
                f"rows of {max_length} tokens leave no room beside {most_first} + 3, shared {stride}"
            )
        self._tokenizer, self._cls, self._sep = tokenizer, cls, sep
        self.max_length, self.stride, self.most_first = max_length, stride, most_first

    def pieces(self, texts: Sequence[str]) -> list[Pieces]:
        """Texts in tokens, none cut off."""
        return pieces(self._tokenizer, texts)

    def windows(self, first: Pieces, second: Pieces) -> list[Window]:
        """Rows of the two texts; one, where the second fits whole (or is empty)."""
        head = (self._cls, *first.ids[: self.most_first], self._sep)
        room = self.max_length - len(head) - 1
        rows, at = [], 0
        while True:
            part = second.ids[at : at + room]
            rows.append(Window((*head, *part, self._sep), len(head), at, len(part)))
            if at + room >= len(second.ids):
                return rows
            at += room - self.stride
