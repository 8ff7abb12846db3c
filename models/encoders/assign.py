"""Which words go to which parameter, decided for all parameters of a call together.

Asked one by one, "from Oslo to Bergen" may give Oslo twice. Together, no two parameters take the same words
unless everything else is far less likely, and of parameters that could as well be swapped the one that the
schema names first takes what is said first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

OVERLAP = 6.0
"""Nats that it costs two parameters to share words."""
ORDER = 0.6
"""Nats that it gains two parameters of one kind to stand in the schema's order."""
UNSAID = 4.0
"""Nats that it costs to leave out what the schema demands."""
_DOUBT = 0.03
"""Least chance that is given to a parameter's having been mentioned, and to its not having been."""
_BEAM = 48


@dataclass(frozen=True)
class Candidate:
    """Words that may be a parameter's value: characters start:end, their log-odds against "not here"."""

    start: int
    end: int
    odds: float
    value: Any
    text: str


@dataclass(frozen=True)
class Slot:
    """A parameter that takes words.

    Attributes:
        candidates: What it could take.
        mentioned: Probability that it was mentioned at all.
        required: Whether the schema demands it.
        kind: Parameters of one kind could be swapped.
    """

    candidates: Sequence[Candidate]
    mentioned: float
    required: bool
    kind: str


def assign(slots: Sequence[Slot]) -> list[Candidate | None]:
    """The likeliest candidates together, found by beam search; None for a parameter that takes nothing."""
    beam: list[tuple[float, tuple[Candidate | None, ...]]] = [(0.0, ())]
    for number, slot in enumerate(slots):
        # However sure it seems: words that another parameter needs more are then left to it.
        chance = min(max(slot.mentioned, _DOUBT), 1 - _DOUBT)
        best = max((one.odds for one in slot.candidates), default=0.0)
        leave = math.log(1 - chance) - (UNSAID if slot.required and slot.candidates else 0.0)
        ways: list[tuple[float, Candidate | None]] = [(leave, None)]
        ways += [(math.log(chance) + one.odds - best, one) for one in slot.candidates]
        grown = []
        for score, taken in beam:
            for gain, one in ways:
                grown.append((score + gain + _fit(slots, number, taken, one), (*taken, one)))
        grown.sort(key=lambda pair: -pair[0])
        beam = grown[:_BEAM]
    return list(beam[0][1])


def overlaps(start: int, end: int, taken: Sequence[Candidate | None]) -> bool:
    """Whether characters start:end share one with what was taken."""
    return any(one is not None and one.start < end and start < one.end for one in taken)


def _fit(
    slots: Sequence[Slot], number: int, taken: Sequence[Candidate | None], one: Candidate | None
) -> float:
    if one is None:
        return 0.0
    gain = 0.0
    for earlier, other in enumerate(taken):
        if other is None:
            continue
        if other.start < one.end and one.start < other.end:
            gain -= OVERLAP
        elif slots[earlier].kind == slots[number].kind and other.start < one.start:
            gain += ORDER
    return gain
