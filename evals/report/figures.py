"""Figures as people read them: three significant digits, shares in per cent, units, signs.

Contract: shares and their differences have one decimal, always. Else a figure and its interval get the same
unit and the same decimals, chosen for the largest of them. A figure that isn't defined is "–"; its reason is
the caller's to say. Counts are exact.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Literal

from evals.result import Estimate

UNDEFINED = "–"
DIGITS = 3
COUNT = "count"
"""The unit of plain numbers that aren't shares; it isn't written."""
ARROWS = {"higher": "↑", "lower": "↓", "neither": ""}
_SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
_BYTES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B"))
_WRITTEN = {
    name.lower(): name for name in ("AUROC", "ECE", "F1", "MRR", "MAP", "nDCG", "BLEU", "chrF", "ROUGE")
}
# Controls and marks of direction: text of a stranger mustn't steer a terminal or turn a line around.
_STEERS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")


def scale(unit: str, *values: float | None) -> tuple[float, str]:
    """Returns the factor to multiply with and the unit to write, for the largest of the values.

    Without a unit the first value says whether it's a share: an interval's end may lie beyond 1.
    """
    known = [abs(value) for value in values if value is not None]
    largest = max(known, default=0.0)
    if not unit:
        return (100.0, "%") if not known or known[0] <= 1 else (1.0, "")
    if unit == COUNT:
        return 1.0, ""
    steps = {"s": _SECONDS, "bytes": _BYTES}.get(unit)
    if steps is None:
        return 1.0, unit
    size, label = next((step for step in steps if largest >= step[0]), steps[-1])
    return (1.0, unit) if largest == 0 else (1 / size, label)


def places(*values: float | None) -> int:
    """Returns how many decimals show three significant digits of the largest value; negative for tens."""
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    if largest == 0:
        return 0
    found = DIGITS - 1 - math.floor(math.log10(largest) + 1e-12)
    if largest < 100 and round(largest, found) >= 10 ** (DIGITS - found):
        found -= 1  # 9.996 is 10.0, not 10.00
    return min(found, 9)


def fixed(value: float, decimals: int, *, sign: bool = False) -> str:
    """Returns a number with that many decimals, thousands apart, with a true minus."""
    rounded = round(value, decimals)
    text = f"{abs(rounded):,.{max(0, decimals)}f}"
    if rounded < 0:
        return "−" + text
    return "+" + text if sign and rounded > 0 else text


def number(value: float | None, unit: str = "") -> str:
    """Returns one figure with its unit: ``87.3 %``, ``12.4 ms``, ``1,230 tokens``, ``–``."""
    if value is None:
        return UNDEFINED
    factor, label = scale(unit, value)
    return _with(fixed(value * factor, _decimals(label, value * factor)), label)


def spread(estimate: Estimate) -> tuple[str, str]:
    """Returns an estimate's value and its interval, in one unit: ``("87.3 %", "81.0–92.1")``."""
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None:
        return UNDEFINED, ""
    factor, label = scale(estimate.unit, value, low, high)
    ends = [None if end is None else end * factor for end in (value, low, high)]
    decimals = _decimals(label, *ends)
    shown = _with(fixed(value * factor, decimals), label)
    if low is None or high is None:
        return shown, ""
    return shown, between(fixed(low * factor, decimals), fixed(high * factor, decimals))


def between(low: str, high: str) -> str:
    """Returns an interval; with words where a dash would read as a minus."""
    return f"{low} to {high}" if "−" in low + high or "+" in low + high else f"{low}–{high}"


def change(value: float | None, unit: str = "", *, sign: bool = True, beside: float | None = None) -> str:
    """Returns a difference of two figures; of shares, in points: ``+3.2 points``.

    Args:
        value: the difference.
        unit: the measure's.
        sign: whether to write a plus.
        beside: a figure of the measure, by which the unit is chosen (ms or s).
    """
    if value is None:
        return UNDEFINED
    factor, label = scale(unit, value if beside is None else beside)
    label = "points" if label == "%" else label
    return _with(fixed(value * factor, _decimals(label, value * factor), sign=sign), label)


def changes(value: float | None, low: float | None, high: float | None, unit: str = "") -> tuple[str, str]:
    """Returns a difference and its interval, in one unit."""
    if value is None:
        return UNDEFINED, ""
    factor, label = scale(unit, value, low, high)
    decimals = _decimals(label, *(None if end is None else end * factor for end in (value, low, high)))
    shown = _with(fixed(value * factor, decimals, sign=True), "points" if label == "%" else label)
    if low is None or high is None:
        return shown, ""
    ends = [fixed(end * factor, decimals, sign=True) for end in (low, high)]
    return shown, between(*ends)


def probability(p: float | None) -> str:
    """Returns a p value: ``0.012``, ``< 0.001``."""
    if p is None:
        return UNDEFINED
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def count(n: int, groups: int) -> str:
    """Returns how many samples were counted, and how many groups where those are fewer: ``50/12``."""
    return f"{n:,}" if groups in (n, 0) else f"{n:,}/{groups:,}"


def duration(seconds: float) -> str:
    """Returns a time as people say it: ``850 ms``, ``12.3 s``, ``4 min 5 s``, ``2 h 10 min``."""
    if seconds < 60:
        return number(seconds, "s")
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def facts(values: Mapping[str, Any]) -> dict[str, str]:
    """Returns plain facts in words: thousands apart, sizes with their unit, empty ones left out."""
    told = {}
    for name, value in values.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            size = name == "memory" or name.endswith("bytes")
            text = (
                number(value, "bytes") if size else f"{value:,}" if isinstance(value, int) else f"{value:g}"
            )
            told[words(name).removesuffix(" bytes")] = text
        else:
            told[words(name)] = plain(value)
    return {name: text for name, text in told.items() if text}


def words(name: str) -> str:
    """Returns a measure's or suite's name without its underscores, and abbreviations as they are written."""
    return " ".join(_WRITTEN.get(word, word) for word in plain(name).replace("_", " ").split())


def plain(text: object) -> str:
    """Returns text on one line, without what steers a terminal or turns the direction of writing."""
    return " ".join(_STEERS.sub(" ", str(text)).encode("utf-8", "replace").decode().split())


def columns_of(text: str) -> int:
    """Returns how many columns of a terminal the text takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def shorten(text: str, columns: int, *, end: Literal["…"] = "…") -> str:
    """Returns the text cut to so many columns of a terminal."""
    if columns_of(text) <= columns:
        return text
    while text and columns_of(text) >= columns:
        text = text[:-1]
    return text + end


def _decimals(label: str, *values: float | None) -> int:
    return 1 if label in ("%", "points") else places(*values)


def _with(text: str, unit: str) -> str:
    return f"{text} {unit}".rstrip()
