"""Ways to read a message as one that asks for several calls: which part of it belongs to which of them.

Several likely values of one parameter suggest a call for each ("in Oslo and Bergen"). What stands between two
of them is cut where it parts most. Rows of values that don't mix are taken in pairs, where the message says
"respectively" or tells of each at length, and else each with each ("Oslo and Bergen in 2019 and 2020").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations

from models.encoders.assign import Candidate
from models.encoders.cuts import COMMA, SENTENCE, Cut, cuts, strongest

MOST = 8
"""Calls that one message can ask for."""
_NEAR = 25
"""Characters between two values of a plain enumeration, at most."""
_PAIRED = re.compile(r"\brespective", re.IGNORECASE)


@dataclass(frozen=True)
class Piece:
    """Characters start:end of a text, and the numbers of the calls that they belong to."""

    start: int
    end: int
    calls: tuple[int, ...]


@dataclass(frozen=True)
class Reading:
    """A message as one that asks for so many calls.

    Attributes:
        pieces: All of the message but what parts them.
        calls: How many.
        further: How many values of the enumerations go beyond their first.
    """

    pieces: tuple[Piece, ...]
    calls: int
    further: int

    def own(self, call: int) -> list[Piece]:
        """The pieces that belong to one of the calls."""
        return [piece for piece in self.pieces if call in piece.calls]


@dataclass(frozen=True)
class _Row:
    """Values of one parameter, and the cut between each two of them."""

    parameter: int
    values: tuple[Candidate, ...]
    between: tuple[Cut, ...]

    @property
    def plain(self) -> bool:
        """Whether it's an enumeration in one sentence, with hardly a word between its values."""
        gaps = zip(pairwise(self.values), self.between, strict=True)
        return all(
            later.start - earlier.end <= _NEAR and cut.strength < SENTENCE for (earlier, later), cut in gaps
        )

    def before(self, other: _Row) -> bool:
        return self.parameter != other.parameter and self.values[-1].end <= other.values[0].start


def readings(peaks: Sequence[Sequence[Candidate]], text: str, begin: int, stop: int) -> list[Reading]:
    """Every reading of the message begin:stop of a text that its likely values suggest, each once.

    Args:
        peaks: For each parameter its likely values in that message, in any order; no two share a character.
        text: Where they were found.
        begin: The message's first character.
        stop: After its last one.
    """
    places = cuts(text, begin, stop)
    rows = [row for number, found in enumerate(peaks) for row in _rows(number, found, places)]
    paired = _PAIRED.search(text, begin, stop) is not None
    made: dict[tuple[Piece, ...], Reading] = {}

    def add(rows: Sequence[_Row], calls: Sequence[Sequence[tuple[int, ...]]], further: int) -> None:
        parts = _parts(rows, places, begin, stop)
        pieces = tuple(
            Piece(start, end, mine)
            for row, owners in zip(parts, calls, strict=True)
            for (start, end), mine in zip(row, owners, strict=True)
        )
        count = 1 + max(max(piece.calls) for piece in pieces)
        made.setdefault(pieces, Reading(pieces, count, further))

    for row in rows:
        add([row], [_each(row)], len(row.values) - 1)
    for row in rows:
        chain = _following(row, rows)
        for size in range(2, len(chain) + 1):
            if paired or size > 2 or not all(one.plain for one in chain[:size]):
                add(chain[:size], [_each(row)] * size, len(row.values) - 1)
    for one, two in permutations(rows, 2):
        first, second = len(one.values), len(two.values)
        if one.before(two) and not paired and one.plain and two.plain and first * second <= MOST:
            outer = [tuple(i * second + j for j in range(second)) for i in range(first)]
            inner = [tuple(i * second + j for i in range(first)) for j in range(second)]
            add([one, two], [outer, inner], first + second - 2)
    return list(made.values())


def _rows(parameter: int, peaks: Sequence[Candidate], places: Sequence[Cut]) -> Iterator[_Row]:
    """The two, three … likeliest values that can be cut apart; an enumeration doesn't end with a comma."""
    kept: list[Candidate] = []
    for peak in sorted(peaks, key=lambda one: -one.odds):
        grown = sorted([*kept, peak], key=lambda one: one.start)
        between = [strongest(places, one.end, two.start) for one, two in pairwise(grown)]
        parted = tuple(cut for cut in between if cut is not None)
        if len(parted) < len(between):
            continue
        kept = grown
        if parted and parted[-1].strength > COMMA:
            yield _Row(parameter, tuple(kept), parted)
        if len(kept) == MOST:
            return


def _following(row: _Row, rows: Sequence[_Row]) -> list[_Row]:
    """The row, and those of as many values that follow one behind the other."""
    chain = [row]
    for other in sorted(rows, key=lambda one: one.values[0].start):
        if len(other.values) == len(row.values) and chain[-1].before(other):
            chain.append(other)
    return chain


def _parts(rows: Sequence[_Row], places: Sequence[Cut], begin: int, stop: int) -> list[list[tuple[int, int]]]:
    """The characters around each value of each row: together they cover the message."""
    found, start = [], begin
    for number, row in enumerate(rows):
        end = after = stop
        if number + 1 < len(rows):
            last, first = row.values[-1].end, rows[number + 1].values[0].start
            cut = strongest(places, last, first)
            end, after = (cut.start, cut.end) if cut is not None else (last, last)
        starts = [start, *(cut.end for cut in row.between)]
        found.append(list(zip(starts, [*(cut.start for cut in row.between), end], strict=True)))
        start = after
    return found


def _each(row: _Row) -> list[tuple[int, ...]]:
    return [(call,) for call in range(len(row.values))]
