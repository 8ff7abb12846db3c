"""Several calls of one tool where a message asks for several: "in Oslo and Bergen", "…, then the same for …".

The message is read once as it stands. A way to share it out among several calls (`models.encoders.readings`)
says which words are a call's own; what belongs to another call costs. A reading counts for what it finds a
use for: words that one call alone would leave over speak for several calls, each further one against. For the
best reading, what belongs to a call is read once more by itself, since several likely values disturb each
other. Options and lists of which nothing is said for a call are those of the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from models.encoders.asked import Asked
from models.encoders.assign import Candidate, Slot, assign, overlaps
from models.encoders.cuts import SENTENCE, cuts
from models.encoders.parameters import LIST, OPTIONS, SPAN, conversation, parameters
from models.encoders.readings import Piece, Reading, readings

if TYPE_CHECKING:
    from models.encoders.fill import Argument, Filler

FLOOR = 2.0
"""Log-odds from which on words are a likely value, and"""
DROP = 9.0
"""how far they may be below the likeliest of their parameter."""
CAP = 6.0
"""Nats that a use for words counts for at most."""
FIRST, FURTHER = 5.0, 2.0
"""Nats that a second call costs, and each one after it."""
ALIEN = 7.0
"""Nats that words of another call cost."""
UNSEEN = 6.0
"""Nats that words lose which one of two readings hasn't found among the likely ones."""
_LOOKED_AT = 12
_CANDIDATES = 40

Taken = dict[int, Candidate | None]
"""What each parameter that takes words gets, by its number."""


def several(
    filler: Filler,
    turns: Sequence[tuple[str, str]],
    function: Mapping[str, Any],
    between: Callable[[], None] | None = None,
) -> list[list[Argument]]:
    """The arguments of each call that the newest message asks for; [] where that's not more than one.

    Args:
        filler: Who finds values.
        turns: (role, text), the newest last.
        function: The JSON Schema function that is called.
        between: Called before each pass; what it raises ends the work.
    """
    from models.encoders.fill import leaves

    told = conversation(turns)
    begin, stop = told.starts[-1], told.starts[-1] + len(turns[-1][1].rstrip())
    if turns[-1][0] != "user" or not cuts(told.text, begin, stop):
        return []
    wanted = list(parameters(function))
    flat = leaves(wanted)
    spoken = [number for number, one in enumerate(flat) if one.way == SPAN]
    if not spoken:
        return []
    asked = filler.ask(told, flat, between)
    before = filler.decide(asked)
    listed = [
        text
        for one, parameter in zip(before, flat, strict=True)
        if parameter.way == LIST
        for text in one.texts
    ]
    work = _Work(filler, asked, spoken, listed, begin, stop)
    reading = work.best()
    if reading is None:
        return []
    made: list[list[Argument]] = []
    for call in range(reading.calls):
        before = work.arguments(reading, call, turns, before, between)
        made.append(before)
    calls = [filler.gather(wanted, found) for found in made]
    shown = {repr([(one.name, one.value) for one in call if filler.keeps(one)]) for call in calls}
    return calls if len(shown) == len(calls) else []


class _Work:
    """One message, read once."""

    def __init__(
        self,
        filler: Filler,
        asked: Asked,
        spoken: Sequence[int],
        listed: Sequence[str],
        begin: int,
        stop: int,
    ) -> None:
        self._filler, self._asked, self._spoken, self._listed = filler, asked, spoken, listed
        self._begin, self._stop = begin, stop
        self._known: dict[tuple[int, int, int], list[Candidate]] = {}
        self._mentioned = {number: filler.mentioned(asked, number) for number in spoken}
        self._first = stop

    def best(self) -> Reading | None:
        """The reading that counts for most; None where that's the one as a single call."""
        text = self._asked.told.text
        whole = Reading((Piece(self._begin, self._stop, (0,)),), 1, 0)
        alone = self._share(whole, 0)
        if any(one is not None and self._is_text(one) for one in alone.values()):
            return None
        most, best = _worth([alone]), None
        peaks = self._peaks()
        values = [one.start for found in peaks for one in found]
        values += [text.index(word, self._begin) for word in self._listed if word in text[self._begin :]]
        self._first = min(values, default=self._stop)
        for reading in readings(peaks, text, self._begin, self._stop):
            calls = [self._share(reading, call) for call in range(reading.calls)]
            if not _differ(calls):
                continue
            worth = _worth(calls) - FIRST - FURTHER * (reading.further - 1)
            if worth > most:
                most, best = worth, reading
        return best

    def _is_text(self, one: Candidate) -> bool:
        """Whether words are several sentences: what somebody wrote, and nothing to be shared out."""
        inside = cuts(self._asked.told.text, one.start, one.end)
        return one.odds >= FLOOR and any(cut.strength == SENTENCE for cut in inside)

    def arguments(
        self,
        reading: Reading,
        call: int,
        turns: Sequence[tuple[str, str]],
        before: Sequence[Argument],
        between: Callable[[], None] | None,
    ) -> list[Argument]:
        """What each parameter gets in one call of a reading; `before` is what it got in the one before."""
        alone, places = self._alone(reading, call, turns, between)
        reread = self._filler.decide(alone)
        taken = self._share(reading, call, (alone, places))
        made = []
        for number, parameter in enumerate(self._asked.wanted):
            if number in taken:
                one = taken[number]
                made.append(
                    self._filler.taken(parameter, self._slot(number, [] if one is None else [one]), one)
                )
            else:
                found = reread[number]
                said = self._filler.said(found, options=parameter.way == OPTIONS)
                made.append(found if said else before[number])
        return made

    def _peaks(self) -> list[list[Candidate]]:
        """For each parameter that takes words the likely ones, none of which share any."""
        text = self._asked.told.text
        edges = [self._begin]
        for cut in cuts(text, self._begin, self._stop):
            edges += [cut.start, cut.end]
        edges.append(self._stop)
        parts = [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end]
        found = []
        for number in self._spoken:
            peaks: list[Candidate] = []
            for start, end in parts:
                for one in self._filler.within(self._asked, number, start, end, _LOOKED_AT):
                    if one.odds >= FLOOR and not overlaps(one.start, one.end, peaks):
                        peaks.append(one)
            top = max((one.odds for one in peaks), default=0.0)
            found.append([one for one in peaks if one.odds >= top - DROP])
        return found

    def _share(
        self, reading: Reading, call: int, reread: tuple[Asked, Sequence[tuple[int, Piece]]] | None = None
    ) -> Taken:
        """Which words each parameter gets in one call."""
        slots = []
        for number in self._spoken:
            own, alien = dict[tuple[int, int], Candidate](), list[Candidate]()
            for piece in reading.pieces:
                mine = self._within(number, piece.start, piece.end)
                if call in piece.calls:
                    own |= {(one.start, one.end): one for one in mine}
                else:
                    alien += [replace(one, odds=one.odds - ALIEN) for one in mine]
            if self._begin > 0:
                own |= {(one.start, one.end): one for one in self._within(number, 0, self._begin)}
            if reread is not None:
                own = self._weighed(own, self._again(number, *reread))
            candidates = sorted([*own.values(), *alien], key=lambda one: (-one.odds, one.start, one.end))
            slots.append(self._slot(number, candidates[:_CANDIDATES]))
        return dict(zip(self._spoken, assign(slots), strict=True))

    def _slot(self, number: int, candidates: Sequence[Candidate]) -> Slot:
        parameter = self._asked.wanted[number]
        return Slot(candidates, self._mentioned[number], parameter.required, parameter.kind)

    def _within(self, number: int, start: int, end: int) -> list[Candidate]:
        key = number, start, end
        if key not in self._known:
            self._known[key] = self._filler.within(self._asked, number, start, end)
        return self._known[key]

    def _alone(
        self,
        reading: Reading,
        call: int,
        turns: Sequence[tuple[str, str]],
        between: Callable[[], None] | None,
    ) -> tuple[Asked, list[tuple[int, Piece]]]:
        """A call's own pieces, read behind the message's beginning, and where each of them stands."""
        pieces, whole = reading.own(call), self._asked.told.text
        text = ""
        if pieces[0].start >= self._first:
            text = whole[self._begin : self._first].strip() + " "
        places = []
        for piece in pieces:
            places.append((len(text), piece))
            text += whole[piece.start : piece.end] + " "
        told = conversation([*turns[:-1], (turns[-1][0], text.rstrip())])
        asked = self._filler.ask(told, self._asked.wanted, between)
        return asked, [(told.starts[-1] + at, piece) for at, piece in places]

    def _again(
        self, number: int, alone: Asked, places: Sequence[tuple[int, Piece]]
    ) -> dict[tuple[int, int], Candidate]:
        """What a parameter could take of pieces that were read alone, by its place in the message."""
        found = {}
        for at, piece in places:
            end = min(len(alone.told.text), at + piece.end - piece.start)
            for one in self._filler.within(alone, number, at, end):
                moved = replace(one, start=one.start - at + piece.start, end=one.end - at + piece.start)
                found[moved.start, moved.end] = moved
        return found

    def _weighed(
        self, once: Mapping[tuple[int, int], Candidate], again: Mapping[tuple[int, int], Candidate]
    ) -> dict[tuple[int, int], Candidate]:
        """Candidates of both readings, with the mean of their odds."""
        least = min((one.odds for one in once.values() if one.start >= self._begin), default=None)
        lowest = min((one.odds for one in again.values()), default=0.0)
        found = {}
        for place in [*once, *(place for place in again if place not in once)]:
            if place not in again:
                one = once[place]
                other = one.odds if one.start < self._begin else min(lowest, one.odds)
            else:
                one = again[place]
                unseen = one.odds - UNSEEN if least is None else least
                other = once[place].odds if place in once else unseen
            found[place] = replace(one, odds=(one.odds + other) / 2)
        return found


def _worth(calls: Sequence[Taken]) -> float:
    """What the words that are used count for; words that are used twice count once."""
    used: list[Candidate] = []
    taken = [one for call in calls for one in call.values() if one is not None]
    for one in sorted(taken, key=lambda one: -one.odds):
        if one.odds > 0 and not overlaps(one.start, one.end, used):
            used.append(one)
    return sum(min(CAP, one.odds) for one in used)


def _differ(calls: Sequence[Taken]) -> bool:
    """Whether no two calls are the same."""
    shown = [
        tuple((number, None if one is None else repr(one.value)) for number, one in call.items())
        for call in calls
    ]
    return len(set(shown)) == len(calls)
