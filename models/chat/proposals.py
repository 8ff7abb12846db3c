"""What may come next in a JSON text that is being written, where values for its places are proposed.

A call is written as `{"name":…,"arguments":{…}}`, compactly and with its properties in the schema's order, as
the grammar has it (`models.chat.tools`). From what is written so far follows the place: a name, a property's
name, a value; and from the place the texts that may come there, each with its probability.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.chat.call_form import call_head, compact

Proposed = tuple[str, float]
"""Text that may come next, and its probability."""


@dataclass(frozen=True)
class Next:
    """What may come next.

    Attributes:
        place: What is being written; changes when the writing comes to something else.
        texts: The rests of what is proposed for it; those that what is written rules out are gone.
        left: Probability of anything else, before the first of it was written.
    """

    place: tuple[Any, ...]
    texts: tuple[Proposed, ...] = ()
    left: float = 0.0


NAMES = ("name",)
"""The place of a function's name."""
_DECODER = json.JSONDecoder()
_DIGITS = frozenset("0123456789+-.eE")


@dataclass(frozen=True)
class Slot:
    """A property of an object, and what is proposed for it.

    Attributes:
        name: The property's.
        used: Probability that it's given a value at all; 1 where the schema demands it.
        values: Values with their probabilities, given that there is one; what is lacking to 1 is open.
    """

    name: str
    used: float
    values: tuple[tuple[Any, float], ...]


@dataclass(frozen=True)
class Place:
    """Where in an object a text has come to.

    Attributes:
        written: Names of the properties before.
        key: The property whose value is being written; None between properties.
        partial: What is written of that value, or of the separator and name that come next.
        ended: Whether the object is closed.
    """

    written: tuple[str, ...] = ()
    key: str | None = None
    partial: str = ""
    ended: bool = False


def place(text: str) -> Place:
    """Where a compact JSON object, written up to here, has come to.

    A number at the end counts as unfinished: more digits may follow.
    """
    if not text.startswith("{"):
        return Place(partial=text)
    keys: list[str] = []
    at = 1
    while True:
        begin = at
        if text[at : at + 1] == "}":
            return Place(tuple(keys), ended=True)
        if keys and text[at : at + 1] == ",":
            at += 1
        try:
            key, at = _DECODER.raw_decode(text, at)
        except ValueError:
            return Place(tuple(keys), partial=text[begin:])
        if text[at : at + 1] != ":" or not isinstance(key, str):
            return Place(tuple(keys), partial=text[begin:])
        start = at + 1
        end = _value_end(text, start)
        if end is None:
            return Place(tuple(keys), key, text[start:])
        keys.append(key)
        at = end


def _value_end(text: str, start: int) -> int | None:
    if text[start : start + 1] in _DIGITS:
        # "0" of "0.5", "12" of "123": only what follows a number ends it.
        return next((at for at in range(start, len(text)) if text[at] not in _DIGITS), None)
    try:
        return _DECODER.raw_decode(text, start)[1]
    except ValueError:
        return None


def in_object(slots: Sequence[Slot], text: str) -> Next:
    """What may come next in an object of which this much is written: the rests of keys, values, its end."""
    here = place(text)
    found: list[Proposed] = []
    if here.key is None and not here.ended:
        first = "," if here.written else "" if text else "{"
        for onward, probability in _onward(slots, here.written, first):
            if onward.startswith(here.partial) and len(onward) > len(here.partial):
                found.append((onward[len(here.partial) :], probability))
    values = next((slot.values for slot in slots if slot.name == here.key), ())
    left = max(0.0, 1.0 - sum(probability for _, probability in values)) if values else 0.0
    for value, probability in values:
        written = compact(value)
        if written == here.partial:  # a number that's complete
            done = (*here.written, str(here.key))
            found += [(onward, probability * share) for onward, share in _onward(slots, done, ",")]
        elif written.startswith(here.partial):
            found.append((written[len(here.partial) :], probability))
    return Next((here.written, here.key), tuple(found), left)


def _onward(slots: Sequence[Slot], written: Sequence[str], first: str) -> Iterator[Proposed]:
    """What follows behind these properties: each of the later ones, or the object's end."""
    names = [slot.name for slot in slots]
    last = max((names.index(name) for name in written if name in names), default=-1)
    left = 1.0
    for slot in slots[last + 1 :]:
        if left * slot.used > 0:
            yield f"{first}{compact(slot.name)}:", left * slot.used
        left *= 1.0 - slot.used
        if left <= 0:
            return
    yield first.rstrip(",") + "}", left


@dataclass(frozen=True)
class CallProposals:
    """Which function, and with which arguments.

    Attributes:
        names: Probability of each function.
        slots: A function's properties, found when they're first asked for.
    """

    names: Mapping[str, float]
    slots: Callable[[str], Sequence[Slot]]

    def next(self, written: str) -> Next:
        """What may come next in a call of which this much is written."""
        found = []
        for name, probability in self.names.items():
            head = call_head(name)
            if written.startswith(head):
                inside = in_object(self.slots(name), written[len(head) :])
                return Next((name, *inside.place), inside.texts, inside.left)
            if head.startswith(written):
                found.append((head[len(written) :], probability))
        return Next(NAMES, tuple(found))
