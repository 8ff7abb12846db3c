"""What chunks are packed from: blocks, and the parts of blocks that are too large for one chunk.

Contract: units come in order, without overlaps, hold every character of their blocks that isn't blank, and
none has more tokens than the limit. Where a large block is cut depends on the words around the cut rather
than on what's far before it, so a change in one place leaves the cuts of other places as they are.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from homespun.text.sentences import split
from rag.chunk.sections import Section
from rag.chunk.tokens import Ruler
from rag.parsed import Block

WITHIN, PART, WHOLE = 0, 1, 2
_MARKED = 32
_WORD = re.compile(r"(?<=\s)\S")


class Unit(NamedTuple):
    """The slice ``text[start:end]``, which goes into one chunk whole.

    Attributes:
        start: its first character.
        end: after its last one.
        strength: how well a chunk may begin here: `WITHIN` a sentence or a line, or after a colon; at a
            `PART` (a sentence, an item, a line); at a `WHOLE` block.
        prose: whether its last sentences may be repeated.
    """

    start: int
    end: int
    strength: int
    prose: bool


def whole(section: Section) -> Unit:
    """Returns a section as one unit."""
    return Unit(section.start, section.end, WHOLE, False)


def units(text: str, section: Section, ruler: Ruler, limit: int) -> list[Unit]:
    """Returns the units of a section; its headings are in one unit with what follows them.

    Headings of more than half the limit are no headings: they're cut as a paragraph is.
    """
    lead, body = section.lead, section.body
    above = ruler.count(lead[0].start, lead[-1].end) if lead else 0
    if not body or above > limit // 2:
        body = (*(Block("paragraph", block.start, block.end) for block in lead), *body)
        lead, above = (), 0
    found: list[Unit] = []
    before: Block | None = None
    for block in body:
        room = limit if found else limit - above
        for unit in _cut(text, block, ruler, room, _strength(text, before, block)):
            found.append(unit if found or not lead else unit._replace(start=lead[0].start))
        before = block
    return found


def mark(text: str, place: int) -> int:
    """Returns a number that the words at `place` give, the same in every process."""
    return zlib.crc32(text[place : place + _MARKED].encode("utf-8", "surrogatepass"))


def _strength(text: str, before: Block | None, block: Block) -> int:
    """How well a chunk may begin with a block."""
    if before is None:
        return WHOLE
    if text[before.end - 1] == ":":
        return WITHIN
    return PART if before.kind == block.kind and block.kind in {"item", "row"} else WHOLE


def _cut(text: str, block: Block, ruler: Ruler, limit: int, strength: int) -> Iterator[Unit]:
    prose = block.kind not in {"code", "row"}
    if ruler.count(block.start, block.end) <= limit:
        yield Unit(block.start, block.end, strength, prose)
        return
    for start, end in _sentences(text, block) if prose else _lines(text, block):
        for first, last in _words(text, start, end, ruler, limit):
            at = strength if first == block.start else PART if first == start else WITHIN
            yield Unit(first, last, at, prose)


def _sentences(text: str, block: Block) -> Iterator[tuple[int, int]]:
    for span in split(text[block.start : block.end]):
        yield block.start + span.start, block.start + span.end


def _lines(text: str, block: Block) -> Iterator[tuple[int, int]]:
    start = block.start
    for line in text[block.start : block.end].split("\n"):
        if line.strip():
            yield start, start + len(line.rstrip())
        start += len(line) + 1


def _words(text: str, start: int, end: int, ruler: Ruler, limit: int) -> Iterator[tuple[int, int]]:
    """Cuts what's over the limit between words, or within one that's over it itself."""
    while ruler.count(start, end) > limit:
        least, most = ruler.reach(start, limit // 2), ruler.reach(start, limit)
        if least is None or most is None:
            break  # can't be: there are more tokens than the limit
        places = [found.start() for found in _WORD.finditer(text, start + 1, most + 1)]
        late = [place for place in places if place >= least] or places[-1:]
        late = late or [place for place in ruler.between(least, most + 1) if place > start] or [start + 1]
        cut = max(late, key=lambda place: (mark(text, place), place))
        if words := text[start:cut].rstrip():
            yield start, start + len(words)
        start = cut
    yield start, end
