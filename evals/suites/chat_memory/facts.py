"""Drawing facts: a kind, what it belongs to, its value, and every way in which the value may be written.

Contract: a value has one form in the dialogue and several that are accepted ("14 March", "March 14"; "6:45",
"quarter to seven"). Ages are told in words, codes have letters or six digits, dates and times are exact, so
that numbers too differ in form from those in training.
"""

# Lists of words are written as text, to be read.
# ruff: noqa: SIM905

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from evals.suites.chat_memory.phrasebook import kinds, values

_MONTHS = "January February March April May June July August September October November December".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty".split()
_UNITS = "one two three four five six seven eight nine".split()
_HOURS = "one two three four five six seven eight nine ten eleven twelve".split()

# Kind → the list that its value comes from, the list that its {k} comes from ("" for none).
_LISTS = {
    "name": ("person", ""),
    "town": ("town", ""),
    "job": ("job", ""),
    "pet": ("petname", "species"),
    "favourite": ("", ""),
    "relative": ("person", "relative"),
    "doctor": ("surname", ""),
    "age": ("", ""),
    "code": ("", "code for"),
    "allergy": ("allergy", ""),
    "date": ("", "occasion"),
    "time": ("", "departure"),
    "instrument": ("instrument", ""),
    "language": ("tongue", ""),
    "place": ("hideaway", "belonging"),
}
FAMILIES = {
    "relative": "somebody's name",
    "doctor": "somebody's name",
    "age": "number or code",
    "code": "number or code",
    "date": "date or time",
    "time": "date or time",
    "instrument": "skill",
    "language": "skill",
}
"""Kinds that are broken down together."""


@dataclass(frozen=True)
class Value:
    """A value: as it's told, and all that is accepted for it."""

    text: str
    accept: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """What the user tells.

    Attributes:
        kind: a name of `phrasebook.kinds`.
        of: what it belongs to: a pet's species, a relative, an occasion; "" for the user.
        value: what it is.
    """

    kind: str
    of: str
    value: Value

    @property
    def key(self) -> tuple[str, str]:
        """What two facts that contradict each other have in common."""
        return (self.kind, self.of)


def draw(rng: Random, kind: str | None = None, of: str | None = None) -> Fact:
    """Draws a fact, of any kind and about anything where these aren't given."""
    kind = kind or rng.choice(list(kinds()))
    if kind == "favourite":
        of = of or rng.choice([name for name in values() if name.startswith("favourite ")]).split(" ", 1)[1]
    elif of is None:
        of = rng.choice(values()[_LISTS[kind][1]]) if _LISTS[kind][1] else ""
    return Fact(kind, of, _value(rng, kind, of))


def known(kind: str, of: str) -> tuple[str, ...]:
    """Returns all values that a fact of this kind can have, where there's a list of them."""
    if kind == "favourite":
        return values()[f"favourite {of}"]
    return values()[_LISTS[kind][0]] if _LISTS[kind][0] else ()


def _value(rng: Random, kind: str, of: str) -> Value:
    if kind == "age":
        return _age(rng)
    if kind == "code":
        return _code(rng)
    if kind == "date":
        return _date(rng)
    if kind == "time":
        return _time(rng)
    text = rng.choice(known(kind, of))
    if kind == "doctor":
        return Value(f"{rng.choice(('Dr', 'Dr.', 'Doctor'))} {text}", (text,))
    return Value(text, (text,))


def _age(rng: Random) -> Value:
    ten, unit = rng.randrange(len(_TENS)), rng.randrange(9)
    return Value(f"{_TENS[ten]}-{_UNITS[unit]}", (str(10 * ten + 21 + unit),))


def _code(rng: Random) -> Value:
    digits = [str(rng.randrange(10)) for _ in range(6)]
    letters = [rng.choice("BCDFGHJKLMNPQRSTVWXZ") for _ in range(3)]
    form = rng.randrange(3)
    if form == 0:  # 482 913
        text = "".join(digits[:3]) + " " + "".join(digits[3:])
    elif form == 1:  # QX-4471
        text = "".join(letters[:2]) + "-" + "".join(digits[:4])
    else:  # 7B93K2
        text = digits[0] + letters[0] + "".join(digits[1:3]) + letters[1] + digits[3]
    return Value(text, (text,))


def _date(rng: Random) -> Value:
    day, month = rng.randint(1, 28), rng.choice(_MONTHS)
    suffix = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    forms = (f"{day} {month}", f"the {day}{suffix} of {month}", f"{month} {day}")
    return Value(rng.choice(forms), (f"{day} {month}", f"{month} {day}"))


def _time(rng: Random) -> Value:
    hour, minute = rng.randint(5, 11), 5 * rng.randrange(1, 12)
    here, after = _HOURS[hour - 1], _HOURS[hour % 12]
    accept = [f"{hour}:{minute:02}", f"{hour} {minute:02}", f"{hour + 12}:{minute:02}"]
    if minute == 15:
        accept += [f"quarter past {here}", f"quarter after {here}"]
    elif minute == 30:
        accept += [f"half past {here}"]
    elif minute == 45:
        accept += [f"quarter to {after}", f"quarter before {after}"]
    elif minute < 30:
        accept += [f"{minute} past {here}", f"{minute} after {here}"]
    else:
        accept += [f"{60 - minute} to {after}", f"{60 - minute} before {after}"]
    return Value(f"{hour}:{minute:02}", tuple(accept))
