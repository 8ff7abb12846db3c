"""Where a dialogue of Schema-Guided Dialogue says the values of a call, and from when on it does.

The data has only the call. A text, date, time or number is looked for as people say it; an enum value or a
boolean by words that belong to it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from finetune.data.calls import spoken
from finetune.data.calls.example import Argument, Turn
from finetune.data.calls.sgd_services import Method
from finetune.data.calls.spelling import words
from finetune.data.calls.spoken import Place

TODAY = datetime.date(2019, 3, 1)
"""The day on which every dialogue takes place."""

_MIND_CHANGED = re.compile(
    r"\b(actually|instead|change|rather|wait|sorry|make (it|that)|switch)\b", re.IGNORECASE
)
_SUMS_UP = re.compile(
    r"\b(confirm\w*|correct|right\?|you want|you'd like|you would like|is that)\b", re.IGNORECASE
)
_VAGUE = frozenset(
    (
        "has",
        "is",
        "are",
        "for",
        "serves",
        "live",
        "offers",
        "services",
        "service",
        "welcome",
        "allowed",
        "good",
    )
)
_PEOPLE = (
    "people",
    "person",
    "guest",
    "passenger",
    "travel",
    "rider",
    "ticket",
    "seat",
    "friend",
    "adult",
    "us",
    "many",
    "for ",
)
_COUNTED = {
    "party": (*_PEOPLE, "table", "diner", "part"),
    "group": (*_PEOPLE, "group"),
    "adults": _PEOPLE,
    "days": ("day", "night", "long", "many"),
    "baths": ("bath", "many"),
    "beds": ("bed", "many"),
    "rooms": ("room", "many"),
    "rating": ("star", "rat"),
    "year": ("year", "from", "in", "released"),
    **dict.fromkeys(("passengers", "travelers", "riders", "seats", "tickets"), _PEOPLE),
}


def places(turns: Sequence[Turn], method: Method, parameters: Mapping[str, str]) -> dict[str, list[Place]]:
    """Slot → every place that says its value (of a boolean: that speaks of it), in order.

    Args:
        turns: The conversation up to the call.
        method: What is called.
        parameters: Slot → value, as the data has them.
    """
    texts = [turn.text for turn in turns]
    found: dict[str, list[Place]] = {}
    taken: list[Place] = []
    for slot, value in sorted(parameters.items(), key=lambda item: (-len(item[1]), item[0])):
        schema = method.tool["parameters"]["properties"].get(slot)
        if schema is None:
            continue
        if schema["type"] == "boolean":
            found[slot] = _stems(texts, slot)
        elif schema["type"] in ("integer", "number"):
            cues = [cue for word in words(slot) for cue in _COUNTED.get(word, ())]
            found[slot] = spoken.without_inner(spoken.number_mentions(texts, value, cues), taken)
        else:
            found[slot] = spoken.without_inner(spoken.mentions(texts, value, TODAY), taken)
            if "enum" not in schema:
                taken += found[slot]
            elif list(parameters.values()).count(value) > 1:
                found[slot] = []  # a transfer from checking to checking: nobody knows which one is meant
    return found


def argument(
    turns: Sequence[Turn],
    at: int,
    schema: Mapping[str, Any],
    value: str,
    said: Sequence[Place],
    default: str | None,
) -> Argument | Literal["absent", "unsure"]:
    """A slot's value at a turn of the user, as far as it can be known.

    Args:
        turns: The conversation up to the call.
        at: The number of the user's turn; the call comes right after it if it is the last.
        schema: Of the slot.
        value: What the call has.
        said: Every place that says it, later ones too.
        default: What the call has if nothing was said.
    """
    now = [place for place in said if place[0] <= at]
    later = [place for place in said if place[0] > at]
    called = at == len(turns) - 1
    if schema["type"] == "boolean" or "enum" in schema:
        if (called and (now or value != default)) or any(turns[turn].role == "user" for turn, _, _ in now):
            return Argument(_typed(schema, value))
    elif now:
        return Argument(_typed(schema, value), (now[-1],))
    if now or not later or _doubtful(turns, later[0][0]) or _hinted(turns[: at + 1], value):
        return "unsure"
    return "absent"


def _doubtful(turns: Sequence[Turn], first: int) -> bool:
    """Whether the turn that says a value first may replace or resume what was said otherwise before.

    The assistant sums up (`please confirm`) what the user said in other words; the user corrects it.
    """
    if turns[first].role == "assistant":
        return bool(_SUMS_UP.search(turns[first].text))
    return bool(_MIND_CHANGED.search(turns[first].text) or (first and _SUMS_UP.search(turns[first - 1].text)))


def _hinted(turns: Sequence[Turn], value: str) -> bool:
    """Whether a part of a name of several words was said."""
    parts = [word for word in re.findall(r"\w{5,}", value.lower()) if len(word) < len(value)]
    return any(part in turn.text.lower() for turn in turns for part in parts)


def _stems(texts: Sequence[str], slot: str) -> list[Place]:
    stems = [word[:5].rstrip("s") for word in words(slot) if word not in _VAGUE]
    pattern = re.compile(rf"\b(?:{'|'.join(stems) or slot})\w*", re.IGNORECASE)
    return [(number, *match.span()) for number, text in enumerate(texts) for match in pattern.finditer(text)]


def _typed(schema: Mapping[str, Any], value: str) -> Any:
    if schema["type"] == "boolean":
        return value == "True"
    if schema["type"] == "integer":
        return int(value)
    if schema["type"] == "number":
        return float(value)
    if "enum" in schema and value not in schema["enum"]:
        return next((option for option in schema["enum"] if option.lower() == value.lower()), value)
    return value
