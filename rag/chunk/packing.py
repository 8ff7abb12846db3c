"""Which units make a chunk.

Contract: where a chunk ends depends on where it begins and on what follows, not on what was before. Of the
places where it could end the best by the text's structure is taken, the last among equals. A change would so
shift all that follows it, were there not seams: places that outdo all others near them, by structure and then
by a number that the words there give. A chunk always ends at one, and whether a place is one depends on the
text near it only, so behind the next seam after a change all is as it was.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from homespun.text.sentences import split
from rag.chunk.tokens import Ruler
from rag.chunk.units import Unit, mark

Span = tuple[int, int]
Worth = tuple[int, int]
"""How good a place is to begin a chunk: its strength, and its mark among equals."""


def packed(text: str, units: Sequence[Unit], ruler: Ruler, size: int, overlap: int) -> list[Span]:
    """Returns the spans of the chunks of one section.

    Args:
        text: of the file.
        units: in order, none larger than `size`.
        ruler: of the text.
        size: tokens of a chunk at most, overlap included.
        overlap: tokens at most that a chunk repeats of the one before.
    """
    spans: list[Span] = []
    worth = [(unit.strength, mark(text, unit.start)) for unit in units]
    places = [*(ruler.place(unit.start) for unit in units), ruler.place(units[-1].end)]
    first = begun = 0  # `begun` is the first unit of the chunk before
    for seam in _seams(worth, places, size):
        while first < seam:
            start, room = units[first].start, size
            if spans and overlap:
                again = _again(text, units[begun:first], units[first], ruler, overlap)
                left = size - (places[first] - ruler.place(again))
                if places[first + 1] - places[first] <= left:
                    start, room = again, left
            after = _end(worth, places, first, seam, room, size)
            spans.append((start, units[after - 1].end))
            first, begun = after, first
    return spans


def _seams(worth: Sequence[Worth], places: Sequence[int], size: int) -> Iterator[int]:
    """Gives the units before which a chunk ends in any case; the last is behind all units.

    They're worth more than all others within a chunk's size before and behind them.
    """
    total = len(worth)
    for unit in range(1, total) if places[-1] - places[0] > size else ():
        own = worth[unit]
        before, after = unit - 1, unit + 1
        while before > 0 and places[unit] - places[before] <= size and worth[before] < own:
            before -= 1
        if before > 0 and places[unit] - places[before] <= size:
            continue
        while after < total and places[after] - places[unit] <= size and worth[after] < own:
            after += 1
        if after < total and places[after] - places[unit] <= size:
            continue
        yield unit
    yield total


def _end(worth: Sequence[Worth], places: Sequence[int], first: int, stop: int, room: int, size: int) -> int:
    """Returns the unit before which the chunk that begins with unit `first` ends, `stop` at the latest."""
    start = places[first]
    last = bisect_right(places, start + room, lo=first + 1, hi=stop + 1) - 1
    if last >= stop:
        return stop
    last = max(last, first + 1)
    good = [unit for unit in range(first + 1, last + 1) if 2 * (places[unit] - start) >= size]
    enough = [unit for unit in good if 4 * (places[stop] - places[unit]) >= size]
    return max(enough or good or [last], key=lambda unit: (worth[unit][0], unit))


def _again(text: str, before: Sequence[Unit], after: Unit, ruler: Ruler, overlap: int) -> int:
    """Returns where the last sentences begin that are to be repeated; the next unit's start if none are."""
    if not after.prose:
        return after.start
    earliest = ruler.back(before[-1].end, overlap)
    held = len(before)
    while held and before[held - 1].prose and before[held - 1].end > earliest:
        held -= 1
    if held == len(before):
        return after.start
    begin, end = before[held].start, before[-1].end
    for span in split(text[begin:end]):
        start = begin + span.start
        if start >= earliest and start > before[0].start:
            return start
    return after.start
