"""What loading gives and chunking takes: a file's text, its structure, and the way back to the original.

Contract: plain values. `Parsed.text` is what everything later quotes and counts in; `Parsed.origin` leads
from its characters to those of the original, which is the decoded file for formats that are text, and the
extracted text itself for those that aren't (PDF, Word).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from homespun.errors import HomespunError

MARKDOWN = "text/markdown"
# "# …", "# … #", and the line of "===" or "---" under a heading.
_MARKS = re.compile(r"\A\s*#+\s+|\s+#+\s*\Z|\n\s*(?:=+|-+)\s*\Z")

Kind = Literal["heading", "paragraph", "item", "code", "row"]
"""What a block is. A row is one record or line of a table; an item is one of a list."""


class Unreadable(HomespunError):  # noqa: N818
    """A file whose text can't be had; the message says why in a few words, without the file's name."""


@dataclass(frozen=True, slots=True)
class Run:
    """`length` characters of the text from `start` on stand for `source_length` characters of the original.

    Where both lengths are equal the characters stand for each other one by one (mostly they're the same; a
    line feed may stand for another line's end); else the run stands as a whole for the whole (an entity, a
    ligature, a line's hyphenation).
    """

    start: int
    length: int
    source: int
    source_length: int


@dataclass(frozen=True)
class Origin:
    """Where each character of a text comes from.

    Attributes:
        runs: in the order of `start`, without overlaps, `source` never falling back. Characters in no run
            were put in (a separator) and stand for nothing. No runs at all: the text is its own original.
    """

    runs: tuple[Run, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Returns the characters of the original that ``text[start:end]`` stands for, end exclusive.

        A span that begins or ends within what stands as a whole takes all of it. A span that stands for
        nothing is empty, at the place where the next character comes from.
        """
        if not self.runs:
            return start, end
        starts = self._starts
        first = max(0, bisect_right(starts, start) - 1)
        if self.runs[first].start + self.runs[first].length <= start:
            first += 1
        last = bisect_right(starts, end - 1) - 1
        if end <= start and first < len(self.runs) and self.runs[first].start < start:
            run = self.runs[first]
            within = start - run.start if run.length == run.source_length else 0
            return run.source + within, run.source + within
        if first > last or end <= start:
            place = self.runs[first].source if first < len(self.runs) else self._end()
            return place, place
        low, high = self.runs[first], self.runs[last]
        begin = low.source + max(0, start - low.start) if low.length == low.source_length else low.source
        over = max(0, high.start + high.length - end) if high.length == high.source_length else 0
        return begin, high.source + high.source_length - over

    @cached_property
    def _starts(self) -> list[int]:
        return [run.start for run in self.runs]

    def _end(self) -> int:
        last = self.runs[-1]
        return last.source + last.source_length


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a text that a chunk shouldn't cut if it can help it: ``text[start:end]``.

    Attributes:
        kind: what it is.
        start: its first character.
        end: after its last one.
        level: of a heading, 1 for the highest; 0 for all else.
    """

    kind: Kind
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True)
class Page:
    """A page as the file counts it, from 1: ``text[start:end]``."""

    number: int
    start: int
    end: int


@dataclass(frozen=True)
class Parsed:
    """One file, read.

    Attributes:
        text: normalised: NFC, lines end with a line feed, no byte order mark, no invisible characters, no
            hyphenation of a page's lines.
        media: its media type (RFC 6838), such as ``text/markdown``.
        title: as the file states it itself; "" where it doesn't.
        blocks: in order, without overlaps, covering all that isn't blank.
        pages: of formats that have any, in order, covering all blocks.
        origin: back to the original.
        metadata: other things that the file states, such as its author: plain strings and numbers.
    """

    text: str
    media: str
    title: str = ""
    blocks: tuple[Block, ...] = ()
    pages: tuple[Page, ...] = ()
    origin: Origin = field(default_factory=Origin)
    metadata: dict[str, str | int | float | bool] = field(default_factory=dict)

    def heading(self, block: Block) -> str:
        """Returns the words of a heading on one line, without the marks that make it one in Markdown."""
        words = self.text[block.start : block.end]
        if self.media == MARKDOWN:
            words = _MARKS.sub("", words)
        return " ".join(words.split())


def merged(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Joins neighbours that go on with each other character by character; drops empty ones."""
    joined: list[Run] = []
    for run in runs:
        if not run.length:
            continue
        if joined and run.length == run.source_length:
            last = joined[-1]
            if (
                last.length == last.source_length
                and last.start + last.length == run.start
                and last.source + last.source_length == run.source
            ):
                joined[-1] = Run(last.start, last.length + run.length, last.source, last.length + run.length)
                continue
        joined.append(run)
    return tuple(joined)
