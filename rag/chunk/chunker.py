"""The chunker: a parsed file → its chunks.

Contract: chunks are slices in order; every character that isn't blank is in one at least, and none has more
tokens than the size. The same file gives the same chunks; a change in one place changes the chunks near it
only.

- A chunk holds blocks of one section. Neighbouring sections of less than a quarter of the size each, under
  one parent, share chunks, whole.
- A heading stays with what follows. One that nothing follows is a chunk of its own, or ends one of small
  sections.
- Code and a table's row are cut only where one alone (with the headings right before it) exceeds the size, at
  lines then; a paragraph or an item at sentence ends; a sentence or line between words; a word between
  tokens.
- A chunk that goes on in its section begins with the last sentences of the one before, unless one of both is
  code or a row.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from homespun.errors import UsageError
from rag.chunk.chunk import Chunk
from rag.chunk.packing import packed
from rag.chunk.sections import Section, common, sections, together
from rag.chunk.tokens import OVERLAP, SIZE, Ruler, Tokens
from rag.chunk.units import units, whole
from rag.parsed import Parsed

_LEAST = 16


@dataclass(frozen=True)
class Chunker:
    """Cuts texts by the tokens of an encoder.

    Attributes:
        tokens: where the encoder's tokens begin in a text; `rag.chunk.tokens.encoder_tokens` gives it.
        size: tokens of a chunk at most; `rag.chunk.tokens.encoder_size` says what an encoder reads.
        overlap: tokens at most that a chunk repeats of the one before; 0 for none.

    Raises:
        UsageError: When made with a size below 16, or an overlap that's negative or over half the size.
    """

    tokens: Tokens
    size: int = SIZE
    overlap: int = OVERLAP

    def __post_init__(self) -> None:
        if self.size < _LEAST:
            raise UsageError(f"the size of chunks must be {_LEAST} tokens or more, not {self.size}")
        if not 0 <= self.overlap <= self.size // 2:
            raise UsageError(
                f"the overlap must be from 0 to half the size, {self.size // 2}, not {self.overlap}"
            )

    def chunk(self, parsed: Parsed) -> list[Chunk]:
        """Returns the chunks of a file; none of a blank one."""
        pages = [page.start for page in parsed.pages]
        return [
            Chunk(
                parsed.text[start:end],
                start,
                end,
                *parsed.origin.span(start, end),
                page=parsed.pages[max(0, bisect_right(pages, start) - 1)].number if pages else None,
                section=path,
                position=position,
            )
            for position, (start, end, path) in enumerate(self._spans(parsed))
        ]

    def _spans(self, parsed: Parsed) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        ruler = Ruler(self.tokens(parsed.text))
        found = sections(parsed)
        small = [4 * ruler.count(section.start, section.end) < self.size for section in found]
        for group in together(found, small):
            if len(group) == 1:
                parts = units(parsed.text, group[0], ruler, self.size)
                for start, end in packed(parsed.text, parts, ruler, self.size, self.overlap):
                    yield start, end, group[0].path
            else:
                whole_ones = [whole(section) for section in group]
                for start, end in packed(parsed.text, whole_ones, ruler, self.size, 0):
                    yield start, end, _shared(group, start, end)


def _shared(group: tuple[Section, ...], start: int, end: int) -> tuple[str, ...]:
    return common([section.path for section in group if start <= section.start < end])
