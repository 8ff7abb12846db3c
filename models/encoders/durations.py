"""Lengths of time as people say them, in the unit that a parameter's description asks for.

Weeks are 7 days, months and years are only converted into each other. What's asked for in no unit, or was
said in the unit that's asked for, is left to `models.encoders.numbers`.
"""

from __future__ import annotations

import re

from models.encoders.numbers import parse_number

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_MONTHS = {"month": 1, "year": 12}
_SHORT = {"sec": "second", "secs": "second", "min": "minute", "mins": "minute", "hr": "hour", "hrs": "hour"}
_NAMES = "seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?"
_ASKED = re.compile(
    rf"\b(?:in|as|of|measured in|number of)\s+(?:whole\s+|full\s+)?(?P<unit>{_NAMES})\b", re.IGNORECASE
)
_SAID = re.compile(rf"(?P<count>[^\n]*?)(?:\b|(?<=\d))(?P<unit>{_NAMES})\b", re.IGNORECASE)
_ONE = re.compile(
    r"\s*(?:(?:for|in|over|an?|one|the|next|this|past|last|whole|every|per|and)\s+)*", re.IGNORECASE
)


def convert(text: str, description: str) -> float | None:
    """How many of the unit that's asked for, or None where that's not to be told from another unit.

    Args:
        text: What was said: "2 hours and 30 minutes", "the next week".
        description: The parameter's: "in minutes", "number of days".
    """
    units = {_unit(found["unit"]) for found in _ASKED.finditer(description)}
    if len(units) != 1:
        return None
    (wanted,) = units
    table = _SECONDS if wanted in _SECONDS else _MONTHS
    total, said = 0.0, set()
    for found in _SAID.finditer(text):
        unit = _unit(found["unit"])
        count = parse_number(found["count"])
        if count is None and not _ONE.fullmatch(found["count"]):
            return None
        if unit not in table:
            return None
        said.add(unit)
        total += (1.0 if count is None else count[0]) * table[unit]
    return None if not said or said == {wanted} else total / table[wanted]


def _unit(name: str) -> str:
    name = name.lower()
    return _SHORT.get(name) or name.removesuffix("s")
