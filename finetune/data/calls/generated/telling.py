"""From pieces to what was said, with the places of values; and the small faults of people who type."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random

from finetune.data.calls.generated.grammar import Piece

_LOOSE = re.compile(r" +([,.?])(?=\s|$)")
_TIGHT = ".,;:!?)"


@dataclass(frozen=True)
class Habit:
    """How somebody types.

    Attributes:
        lower: Everything in small letters.
        bare: No full stop or question mark at the end.
        slips: Chance that a word has a slip of the finger.
    """

    lower: bool = False
    bare: bool = False
    slips: float = 0.0


def habit(rng: Random) -> Habit:
    """Most people type well."""
    chance = rng.random()
    return Habit(
        lower=chance < 0.09,
        bare=chance < 0.07 or rng.random() < 0.1,
        slips=0.08 if 0.06 < chance < 0.1 else 0.0,
    )


@dataclass(frozen=True)
class Told:
    """A turn.

    Attributes:
        text: What was said.
        places: Of each slot, the characters (start, end) that spell its value.
    """

    text: str
    places: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


def tell(pieces: list[Piece], rng: Random, how: Habit = Habit()) -> Told:
    """Join pieces; of two blanks one is left, and none before a comma or a full stop."""
    text, last = "", 0
    places: dict[str, list[tuple[int, int]]] = {}
    for part, slot in pieces:
        if not part:
            continue
        if slot is None:
            part = part.lower() if how.lower else part
            part = _slip(part, rng) if how.slips and rng.random() < how.slips * len(part) / 5 else part
            part = _LOOSE.sub(r"\1", part)
            if part[0] == " " and (not text or text[-1] == " "):
                part = part.lstrip(" ")
            if part and part[0] in _TIGHT:
                text = text[:last] + text[last:].rstrip(" ")
            if part and part[0] in ",;" and text[last:].endswith(("?", ".")):
                text = text[:-1]
            while "  " in part:
                part = part.replace("  ", " ")
            text += part
        else:
            places.setdefault(slot, []).append((len(text), len(text) + len(part)))
            text += part
            last = len(text)
    end = max((stop for spans in places.values() for _, stop in spans), default=0)
    text = text[:end] + text[end:].rstrip()
    if how.bare and len(text) > end:
        text = text[:end] + text[end:].rstrip(".?!")
    start = 0 if any(span[0] == 0 for spans in places.values() for span in spans) or how.lower else 1
    return Told(text[:start].upper() + text[start:], places)


def _slip(text: str, rng: Random) -> str:
    """Swap, drop or double one letter inside a word."""
    inner = [at for at in range(1, len(text) - 2) if text[at - 1 : at + 2].isalpha()]
    if not inner:
        return text
    at = inner[int(rng.random() * len(inner))]
    chance = rng.random()
    if chance < 0.4:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if chance < 0.75:
        return text[:at] + text[at + 1 :]
    return text[:at] + text[at] + text[at:]
