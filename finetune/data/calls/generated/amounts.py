"""Kinds of values that are numbers. Units, currency and percent signs stand beside what spells the number."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from finetune.data.calls.generated.forms import Form, Said, pick
from finetune.data.calls.generated.spelling import ordinal, written

_BEFORE = ("$", "$", "€", "£", "")
_AFTER = (" dollars", " euros", " USD", " EUR", " pounds", "", "", " bucks", " GBP")
_GLUED = frozenset(
    (
        *("m", "cm", "mm", "km", "kg", "g", "mg", "ml", "l", "L", "h", "s", "V", "W", "kW", "Hz", "K", "J"),
        *("N", "Pa", "Ω", "lb", "ft", "MB", "GB", "°C", "°F", "%"),
    )
)


def integers(rest: str) -> Callable[[Random], Form]:
    """``LO HI [UNITS]``."""
    low, high, units = _range(rest, 2)

    def settle(rng: Random) -> Form:
        def draw(rng: Random) -> Said:
            return _with_unit(rng, _whole(rng, int(low), int(high)), units)

        return Form({"type": "integer" if rng.random() < 0.85 else "number"}, "", draw)

    return settle


def decimals(rest: str) -> Callable[[Random], Form]:
    """``LO HI DECIMALS [UNITS]``; many are whole numbers all the same."""
    low, high, digits, *_ = rest.split(" ")
    units = _units(rest, 3)

    def settle(rng: Random) -> Form:
        whole = float(low).is_integer() and float(high) - float(low) >= 8 and rng.random() < 0.35

        def draw(rng: Random) -> Said:
            if whole or (float(high) - float(low) >= 8 and rng.random() < 0.45):
                number: float = _whole(
                    rng, int(float(low)) or (1 if float(low) >= 0 else 0), int(float(high))
                )
            else:
                number = round(rng.uniform(float(low), float(high)), rng.randint(1, int(digits)))
                number = number or float(high)
            if not whole and int(digits) in (2, 3) and float(low) < 1 and rng.random() < 0.04:
                text, number = pick(rng, _FRACTIONS)
                unit = f" {pick(rng, units)}" if units else ""
                return _beside("", text, unit, number)
            return _with_unit(rng, number, units)

        return Form({"type": "integer" if whole else "number"}, "", draw)

    return settle


def ordinals(rest: str) -> Callable[[Random], Form]:
    """``LO HI``: "16th", "third"."""
    low, high, _ = _range(rest, 2)

    def settle(_rng: Random) -> Form:
        def draw(rng: Random) -> Said:
            number = rng.randint(int(low), int(high))
            return Said(((ordinal(number, words=rng.random() < 0.5), True),), number)

        return Form({"type": "integer"}, "", draw)

    return settle


def powers(rest: str) -> Callable[[Random], Form]:
    """``LO HI [UNITS]``: numbers of which these are the exponents of ten."""
    low, high, units = _range(rest, 2)

    def settle(_rng: Random) -> Form:
        def draw(rng: Random) -> Said:
            text = f"{round(rng.uniform(1, 9.9), rng.randint(0, 2)):g}e{rng.randint(int(low), int(high))}"
            if rng.random() < 0.3:
                text = text.replace("e", "E")
            unit = f" {pick(rng, units)}" if units else ""
            return _beside("", text, unit, float(text))

        return Form({"type": "number"}, "", draw)

    return settle


def money(rest: str) -> Callable[[Random], Form]:
    """``LO HI``."""
    low, high, _ = _range(rest, 2)

    def settle(rng: Random) -> Form:
        whole = rng.random() < 0.45

        def draw(rng: Random) -> Said:
            number: float = _whole(rng, int(low), int(high))
            if not whole and high < 20000 and rng.random() < 0.3:
                number = round(number + rng.choice((0.5, 0.99, 0.25, 0.95, round(rng.random(), 2))), 2)
            text = written(rng, number, words=0.04)
            before = _BEFORE[int(rng.random() * len(_BEFORE))] if text[0].isdigit() else ""
            after = "" if before else _AFTER[int(rng.random() * len(_AFTER))]
            if not text[0].isdigit() and not after:
                after = " dollars"
            return _beside(before, text, after, number)

        return Form({"type": "integer" if whole else "number"}, "", draw)

    return settle


def percents(rest: str) -> Callable[[Random], Form]:
    """``LO HI DECIMALS``. The description says whether a share (0.05) or a percentage (5) is asked for."""
    low, high, digits, *_ = rest.split(" ")

    def settle(rng: Random) -> Form:
        chance = rng.random()
        share = chance < 0.5
        whole = chance > 0.85
        if share:
            tail = _SHARE[int(rng.random() * len(_SHARE))]
        else:
            tail = _PERCENT[int(rng.random() * len(_PERCENT))]

        def draw(rng: Random) -> Said:
            number: float = rng.randint(max(1, round(float(low))), int(float(high)))
            if not whole and rng.random() < 0.4:
                number = round(rng.uniform(float(low), float(high)), int(digits)) or number
            if share and rng.random() < 0.25:
                shown = round(number / 100, 6)
                return Said(((f"{shown:.6f}".rstrip("0").rstrip("."), True),), shown)
            text = written(rng, number, words=0.06)
            sign = rng.choice(("%", "%", "%", " percent", " per cent")) if text[0].isdigit() else " percent"
            return _beside("", text, sign, round(number / 100, 8) if share else number)

        return Form({"type": "integer" if whole else "number"}, tail, draw)

    return settle


def years(rest: str) -> Callable[[Random], Form]:
    """``LO HI``."""
    low, high, _ = _range(rest, 2)

    def settle(rng: Random) -> Form:
        text = rng.random() < 0.2

        def draw(rng: Random) -> Said:
            year = rng.randint(int(low), int(high))
            return Said(((str(year), True),), str(year) if text else year)

        return Form({"type": "string" if text else "integer"}, "", draw)

    return settle


def _range(rest: str, at: int) -> tuple[float, float, tuple[str, ...]]:
    low, high, *_ = rest.split(" ")
    return float(low), float(high), _units(rest, at)


def _units(rest: str, at: int) -> tuple[str, ...]:
    parts = rest.split(" ", at)
    return tuple(parts[at].split("/")) if len(parts) > at else ()


def _whole(rng: Random, low: int, high: int) -> int:
    """Whole numbers as people give them: in wide ranges small ones and round ones are frequent."""
    span = high - low
    if span > 200:
        top = low + int(span ** rng.uniform(0.4, 1.0))
        number = rng.randint(low, top)
        if rng.random() < 0.6 and number >= 20:
            base = 10 ** max(1, len(str(number)) - 2)
            number = max(low, number // base * base)
        return number
    return rng.randint(low, high)


def _with_unit(rng: Random, number: float, units: tuple[str, ...]) -> Said:
    text = written(rng, number)
    if not units or rng.random() < 0.08:
        return Said(((text, True),), number)
    unit = units[int(rng.random() * len(units))]
    if unit.startswith("times") and number in (1, 2) and rng.random() < 0.6:
        return _beside("", "once" if number == 1 else "twice", unit.removeprefix("times"), number)
    if number == 1 and len(unit) > 3 and unit.endswith("s") and " " not in unit:
        unit = unit[:-2] if unit.endswith(("sses", "ches", "xes")) else unit[:-1]
    glued = unit in _GLUED and text[-1].isdigit() and rng.random() < 0.4
    return _beside("", text, unit if glued or unit == "%" else f" {unit}", number)


def _beside(before: str, text: str, after: str, value: float) -> Said:
    pieces = [(before, False), (text, True), (after, False)]
    return Said(tuple(piece for piece in pieces if piece[0]), value)


_FRACTIONS = (("1/2", 0.5), ("3/4", 0.75), ("1/4", 0.25), ("half", 0.5), ("1/8", 0.125))
_SHARE = (
    "As a decimal.",
    "Given as a decimal, so 4% is 0.04.",
    "A decimal between 0 and 1.",
    "As a fraction, e.g. 0.2.",
    "In decimal form.",
    "",
)
_PERCENT = ("In percent.", "As a percentage.", "In %.", "Percent, e.g. 7.5 for 7.5%.", "Percentage value.")
