"""Draws examples: which tool is asked for, what's on offer, and whether any of it fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from random import Random
from typing import Any

from finetune.data.calls.example import CallExample, Turn
from finetune.data.calls.generated.dialogue import converse, remark
from finetune.data.calls.generated.functions import Domain, Function, domains
from finetune.data.calls.generated.schemas import Made, make
from finetune.data.calls.generated.words import expand, phrase

SOURCE = "generated"
NONE = 0.3
"""Share of examples in which no tool fits."""
_SAME = 0.55
"""Chance that a tool that isn't meant is of the domain that is talked about."""
_TWINS = 0.5
"""Chance that one of the same domain is even of the same family."""
_WORDY = ("text", "messaging", "history", "books", "society", "offers")
"""Domains whose tools could serve somebody who wants to talk, to know or to have something written."""
_BROAD = ("web/online lookup",)
"""Tools that could serve almost any request, so that they are never offered as the wrong ones."""
_ALIKE = (
    ("calendar/set reminder", "calendar/add task", "calendar/add event"),
    ("mechanics/average speed", "sports/running pace"),
    ("facts/country {x}", "geography/country data"),
    ("shapes/two number {x}", "markets/portfolio weight", "algebra/greatest divisor"),
    ("shapes/vector {x}", "geometry/point distance"),
    ("shapes/list {x}", "statistics/describe sample"),
    ("geography/city distance", "transit/plan route"),
    ("realestate/search homes", "offers/home offers"),
    ("realestate/value home", "local/house prices", "facts/city {x}"),
    ("money/monthly instalment", "offers/mortgage costs"),
    ("restaurants/order food", "offers/order pizza"),
    ("travel/tourist sights", "offers/itinerary"),
    ("travel/book room", "offers/hotel offers"),
    ("science/century events", "history/era timeline", "history/on this day"),
    ("history/historic event", "history/person biography", "history/ruler reign", "facts/person {x}"),
    ("text/generate story", "offers/write essay"),
    ("books/book suggestion", "film/recommend films", "shopping/gift idea"),
)
"""Families that could serve some of each other's requests: none is offered as the wrong one for another."""
_OFFERED = (1, 1, 1, 1, 2, 2, 3, 3, 4, 4)


def generated(seed: int, count: int) -> Iterator[CallExample]:
    """Examples of tool calling, the same for the same seed.

    Args:
        seed: Decides everything.
        count: How many.

    Returns:
        Examples grouped by the tool that is asked for (`CallExample.group`).
    """
    rng = Random(seed)
    rooms = domains()
    functions = [(room, function) for room in rooms for function in room.functions]
    weights = list(accumulate(function.weight for _, function in functions))
    for _ in range(count):
        room, function = rng.choices(functions, cum_weights=weights)[0]
        if rng.random() >= NONE:
            yield _fitting(room, function, rooms, rng)
        elif rng.random() < 0.68:
            yield _unfitting(room, function, rooms, rng)
        else:
            yield _idle(room, rooms, rng)


def _fitting(room: Domain, function: Function, rooms: tuple[Domain, ...], rng: Random) -> CallExample:
    made = make(function, rng)
    talk = converse(made, rng)
    offered = _others(room, function, rooms, rng, rng.choice(_OFFERED) - 1, {made.schema["name"]})
    offered.insert(int(rng.random() * (len(offered) + 1)), made.schema)
    arguments = {made.names[slot]: one for slot, one in talk.arguments.items() if slot in made.names}
    return CallExample(
        SOURCE, tuple(talk.turns), tuple(offered), str(made.schema["name"]), arguments, function.key
    )


def _unfitting(room: Domain, function: Function, rooms: tuple[Domain, ...], rng: Random) -> CallExample:
    """A request for a tool that is not on offer; or everything is done and the user says so."""
    made = make(function, rng)
    done = rng.random() < 0.06
    turns = list(converse(made, rng, helped=done).turns)
    names: set[str] = set()
    offered = _others(room, function, rooms, rng, rng.choice(_OFFERED), names)
    if done:
        turns += [Turn("assistant", phrase(rng, ("talk_done",))), Turn("user", phrase(rng, ("talk_bye",)))]
        if made.schema["name"] not in names:
            offered[0] = made.schema
    return CallExample(SOURCE, tuple(turns), tuple(offered), None, {}, function.key)


def _idle(room: Domain, rooms: tuple[Domain, ...], rng: Random) -> CallExample:
    """Talk, general questions and tasks of writing."""
    if room.others and rng.random() < 0.4:
        turns = remark(expand(room.others[int(rng.random() * len(room.others))], rng), rng)
    else:
        rooms = tuple(one for one in rooms if one.name not in _WORDY)
        room = room if room.name not in _WORDY else rooms[int(rng.random() * len(rooms))]
        turns = remark(phrase(rng, ("idle",)), rng)
    offered = _others(room, None, rooms, rng, rng.choice(_OFFERED), set())
    return CallExample(SOURCE, tuple(turns), tuple(offered), None, {}, f"idle/{room.name}")


def _others(
    room: Domain,
    function: Function | None,
    rooms: tuple[Domain, ...],
    rng: Random,
    count: int,
    names: set[str],
) -> list[Mapping[str, Any]]:
    """Tools that are not `function`, their names not among `names` and put there."""
    found: list[Mapping[str, Any]] = []
    used = set(_BROAD)
    alike: set[str] = set()
    if function is not None:
        used.add(function.key)
        alike.update(*(group for group in _ALIKE if function.family in group))
        alike.discard(function.family)
    for _ in range(20 * count):
        if len(found) == count:
            break
        near = room.functions
        if rng.random() >= _SAME:
            near = rooms[int(rng.random() * len(rooms))].functions
        elif function is not None and rng.random() < _TWINS:
            twins = tuple(one for one in near if one.family == function.family and one is not function)
            near = twins or near
        other = near[int(rng.random() * len(near))]
        if other.key in used or other.family in alike:
            continue
        made: Made = make(other, rng)
        if made.schema["name"] in names:
            continue
        used.add(other.key)
        names.add(str(made.schema["name"]))
        found.append(made.schema)
    return found
