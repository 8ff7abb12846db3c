"""Blocks of plain text, and of what no loader has found a block for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rag.load.bounds import few
from rag.parsed import Block, Kind

BLANK = re.compile(r"\n[^\S\n]*\n(?:[^\S\n]*\n)*")
"""One blank line or several; the next line's indentation isn't part of it."""


def paragraphs(
    text: str, start: int = 0, end: int | None = None, kind: Kind = "paragraph"
) -> Iterator[Block]:
    """Gives what blank lines part in ``text[start:end]``, without blanks around."""
    end = len(text) if end is None else end
    for found in BLANK.finditer(text, start, end):
        yield from trimmed(text, kind, start, found.start())
        start = found.end()
    yield from trimmed(text, kind, start, end)


def trimmed(text: str, kind: Kind, start: int, end: int, level: int = 0) -> Iterator[Block]:
    """Gives the block ``text[start:end]`` without blanks around; none if it's blank.

    The first line of code keeps its indentation.
    """
    words = text[start:end]
    inner = words.lstrip()
    if not inner:
        return
    first = end - len(inner)
    if kind == "code":
        first = max(start, text.rfind("\n", start, first) + 1)
    yield Block(kind, first, start + len(words.rstrip()), level)


def covered(text: str, blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Returns the blocks in order, those that begin within another left out, and paragraphs in between.

    Raises:
        Unreadable: they're too many.
    """

    def found() -> Iterator[Block]:
        end = 0
        for block in sorted(few(blocks), key=lambda block: block.start):
            if block.start < end:
                continue
            yield from paragraphs(text, end, block.start)
            yield block
            end = block.end
        yield from paragraphs(text, end)

    return tuple(few(found()))
