"""Normalisation: the same words are the same characters, whoever wrote the file.

Contract: NFC; lines end with a line feed; spaces of all widths are spaces; nothing that can't be seen (byte
order marks, soft hyphens, marks of direction, variation selectors, control characters) but line feeds,
spaces, tabs and the joiners that some scripts and emoji need. Normalising what is normal changes nothing.
"""

from __future__ import annotations

import io
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from rag.load.bounds import joined
from rag.parsed import Origin, Run

# One for one, so that nothing moves.
_REPLACED = {
    **dict.fromkeys(map(ord, "\x0b\x0c\x85\u2028\u2029"), "\n"),
    **dict.fromkeys([0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " "),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}
_TO_REPLACE = re.compile(f"[{''.join(map(chr, _REPLACED))}]")
_LONE_RETURN = re.compile(r"\r(?!\n)")
_INVISIBLE = (
    "\x00-\x08\r\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff"
)
_DROPPED = re.compile(f"[{_INVISIBLE}]+")
# Marks on one letter beyond these are nobody's writing, and time to order them grows with their square.
_MARKS = 30
_MANY = re.compile(f"[^\x00-\x7f]{{{_MARKS},}}")
# Before U+0300 nothing joins anything.
_BEYOND = re.compile("[\x00-\u02ff]?[^\x00-\u02ff]+", re.DOTALL)
# Letters that begin no syllable and join the one before, though they count as no marks.
_JOINING = frozenset(
    map(
        chr,
        [
            *(0x9BE, 0x9D7, 0xB3E, 0xB56, 0xB57, 0xBBE, 0xBD7, 0xCC2, 0xCD5, 0xCD6, 0xD3E, 0xD57, 0xDCF),
            *(
                0xDDF,
                0x102E,
                *range(0x1161, 0x1176),
                *range(0x11A8, 0x11C3),
                0x1B35,
                0x11127,
                0x1133E,
                0x11357,
            ),
            *(0x114B0, 0x114BA, 0x114BD, 0x115AF, 0x11930),
        ],
    )
)


class Normal(NamedTuple):
    """A normalised text.

    Attributes:
        text: the text.
        runs: of its origin; none where it's as it was.
    """

    text: str
    runs: tuple[Run, ...]

    @property
    def origin(self) -> Origin:
        """The way back."""
        return Origin(self.runs)


def normalise(original: str) -> Normal:
    """Returns a text in its normal form, and how it comes from the original.

    Where a run has two equal lengths its characters stand for each other one by one, though a line feed may
    stand for another line's end, a space for a wider one, and a letter for its twin.

    Raises:
        Unreadable: so much differs that the runs are too many.
    """
    text = original
    if not text.isascii() and _TO_REPLACE.search(text):
        text = text.translate(_REPLACED)
    elif "\x0b" in text or "\x0c" in text:
        text = text.replace("\x0b", "\n").replace("\x0c", "\n")
    if "\r" in text:
        text = _LONE_RETURN.sub("\n", text)
    unwanted = _excessive() if not text.isascii() and _MANY.search(text) else _DROPPED
    dropped = unwanted.search(text) is not None
    kept = joined(_kept(text, unwanted)) if dropped else ()
    if dropped:
        text = "".join([text[run.source : run.source + run.length] for run in kept])
    if not unicodedata.is_normalized("NFC", text):
        text, composed = _composed(text)
        kept = joined(compose(composed, kept)) if kept else composed
    if not text:
        return Normal(text, ())
    return Normal(text, kept)


@lru_cache(maxsize=1)
def _excessive() -> re.Pattern[str]:
    """Returns an expression for what is dropped where there may be too many marks on a letter."""
    marks = "".join(char for char in map(chr, range(0x300, 0x1F000)) if unicodedata.combining(char))
    return re.compile(f"[{_INVISIBLE}]+|(?<=[{marks}{_INVISIBLE}]{{{_MARKS}}})[{marks}]+")


def _kept(text: str, unwanted: re.Pattern[str]) -> Iterator[Run]:
    """Gives what stays between dropped characters."""
    start = length = 0
    for found in unwanted.finditer(text):
        if found.start() > start:
            yield Run(length, found.start() - start, start, found.start() - start)
            length += found.start() - start
        start = found.end()
    if start < len(text):
        yield Run(length, len(text) - start, start, len(text) - start)


def _composed(text: str) -> tuple[str, tuple[Run, ...]]:
    """Returns the NFC of a text, letter by letter where it isn't yet."""
    parts = io.StringIO(newline="")

    def runs() -> Iterator[Run]:
        length = start = 0
        for line in text.splitlines(keepends=True):
            for piece in [line] if unicodedata.is_normalized("NFC", line) else _letters(line):
                normal = unicodedata.normalize("NFC", piece)
                parts.write(normal)
                if normal == piece or len(normal) == 1:
                    yield Run(length, len(normal), start, len(piece))
                else:  # marks in another order, perhaps
                    yield from whole(length, len(normal), start, len(piece))
                length += len(normal)
                start += len(piece)

    found = joined(runs())
    return parts.getvalue(), found


def _letters(line: str) -> Iterator[str]:
    """Gives each character beyond Latin with what joins it, and what is between them whole."""
    end = 0
    for found in _BEYOND.finditer(line):
        if found.start() > end:
            yield line[end : found.start()]
        start, end = found.span()
        for place in range(start + 1, end):
            char = line[place]
            if not unicodedata.combining(char) and char not in _JOINING:
                yield line[start:place]
                start = place
        yield line[start:end]
    if end < len(line):
        yield line[end:]


def compose(outer: Iterable[Run], inner: tuple[Run, ...]) -> Iterator[Run]:
    """Gives the runs of a text of a text: `outer` leads to a text that `inner` leads on from."""
    starts = [run.start for run in inner]
    origin = Origin(inner)
    low = high = 0
    for run in outer:
        if run.length != run.source_length:
            if run.source_length:
                low, high = origin.span(run.source, run.source + run.source_length)
            else:  # the rest of a whole that came before
                low = high
            yield from whole(run.start, run.length, low, high - low)
            continue
        end = run.source + run.length
        for at in range(max(0, bisect_right(starts, run.source) - 1), len(inner)):
            under = inner[at]
            if under.start >= end:
                break
            first, last = max(run.source, under.start), min(end, under.start + under.length)
            if first >= last:
                continue
            start = run.start + first - run.source
            if under.length == under.source_length:
                yield Run(start, last - first, under.source + first - under.start, last - first)
            elif first == under.start:
                yield from whole(start, last - first, under.source, under.source_length)
            else:  # the first piece stands for all of it
                yield from whole(start, last - first, under.source + under.source_length, 0)


def whole(start: int, length: int, source: int, source_length: int) -> Iterator[Run]:
    """Gives the runs of what stands as a whole for the whole, though both may be equally long."""
    if length == source_length and length > 1:
        yield Run(start, length - 1, source, source_length)
        yield Run(start + length - 1, 1, source + source_length, 0)
    elif length:
        yield Run(start, length, source, source_length)
