"""Draws examples: which tool is asked for, what's on offer, and whether any of it fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    for _ in range(count):
        room, function = functions[int(rng.random() * len(functions))]
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
    arguments = {made.names[slot]: argument for slot, argument in talk.arguments.items()}
    return CallExample(
        SOURCE, tuple(talk.turns), tuple(offered), str(made.schema["name"]), arguments, function.key
    )


def _unfitting(room: Domain, function: Function, rooms: tuple[Domain, ...], rng: Random) -> CallExample:
    """A request for a tool that is not on offer; or everything is done and the user says so."""
    made = make(function, rng)
    turns = list(converse(made, rng).turns)
    names: set[str] = set()
    offered = _others(room, function, rooms, rng, rng.choice(_OFFERED), names)
    if rng.random() < 0.06:
        turns += [Turn("assistant", phrase(rng, ("talk_done",))), Turn("user", phrase(rng, ("talk_bye",)))]
        if made.schema["name"] not in names:
            offered[0] = made.schema
    return CallExample(SOURCE, tuple(turns), tuple(offered), None, {}, function.key)


def _idle(room: Domain, rooms: tuple[Domain, ...], rng: Random) -> CallExample:
    """Talk, general questions and tasks of writing."""
    if room.others and rng.random() < 0.4:
        turns = remark(expand(room.others[int(rng.random() * len(room.others))], rng), rng)
    else:
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
    used = {function.key} if function is not None else set()
    for _ in range(4 * count):
        if len(found) == count:
            break
        home = room if rng.random() < _SAME else rooms[int(rng.random() * len(rooms))]
        other = home.functions[int(rng.random() * len(home.functions))]
        if other.key in used:
            continue
        made: Made = make(other, rng)
        if made.schema["name"] in names:
            continue
        used.add(other.key)
        names.add(str(made.schema["name"]))
        found.append(made.schema)
    return found
