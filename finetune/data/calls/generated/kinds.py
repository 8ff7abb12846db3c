"""Kinds of values: the JSON types that a schema may ask for, and how a user says a value of each.

A kind is written in a few words in the tools' files (`money 100 90000`, `list 2 4 num 0 50 1`, `town`); see
`kind` for all of them. One `Form` of it is settled for each example, because what the schema asks for
(a share as a decimal, a date as YYYY-MM-DD) decides what value the same words have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from finetune.data.calls.generated import amounts, choices, moments
from finetune.data.calls.generated.forms import Form, Said, pick
from finetune.data.calls.generated.grammar import parse
from finetune.data.calls.generated.words import code, expand, known, phrase
from homespun.errors import UsageError

Kind = Callable[[Random], Form]
"""Settles one form of a kind."""


def kind(spec: str) -> Kind:
    """The kind that a few words say.

    Args:
        spec: ``int LO HI [UNITS]``, ``num LO HI DECIMALS [UNITS]`` (units, of which one is said, have ``/``
            between them), ``money LO HI``, ``percent LO HI DECIMALS``, ``year LO HI``, ``date``, ``time``,
            ``code FORM/FORM``, ``of TEMPLATE``, ``quote TEMPLATE`` (in quotation marks), ``enum VALUE:
            PHRASE/PHRASE; VALUE``, ``bool PHRASES; PHRASES`` (true; false), ``list LEAST MOST KIND``, ``span
            KIND`` (two of them, from one to the other), ``ord LO HI`` ("third"), ``exp LO HI [UNITS]``
            (powers of ten), or names of word lists with commas between.

    Raises:
        UsageError: It says none of these.
    """
    head, _, rest = spec.strip().partition(" ")
    makers: dict[str, Callable[[str], Kind]] = {
        "int": amounts.integers,
        "num": amounts.decimals,
        "ord": amounts.ordinals,
        "exp": amounts.powers,
        "money": amounts.money,
        "percent": amounts.percents,
        "year": amounts.years,
        "date": moments.dates,
        "time": moments.times,
        "enum": choices.enums,
        "bool": choices.switches,
        "code": _codes,
        "of": _phrases,
        "quote": _quotes,
        "list": _lists,
        "span": _spans,
    }
    try:
        if head in makers:
            return makers[head](rest.strip())
    except (ValueError, IndexError) as error:
        raise UsageError(f"{spec!r} is no kind of value ({error})") from error
    if rest:
        raise UsageError(f"{spec!r} is no kind of value")
    names = tuple(head.split(","))
    for name in names:
        known(name)
    return _Text(lambda rng: phrase(rng, names), tails=_CITIES if "uscity" in names else ())


@dataclass(frozen=True)
class _Text:
    make: Callable[[Random], str]
    marks: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()

    def __call__(self, rng: Random) -> Form:
        tail = pick(rng, self.tails) if self.tails and rng.random() < 0.35 else ""
        return Form({"type": "string"}, tail, self.draw)

    def draw(self, rng: Random) -> Said:
        text = self.make(rng)
        if self.marks:
            mark = self.marks[int(rng.random() * len(self.marks))]
            if mark and mark[0] not in text and mark[-1] not in text:
                return Said(((mark[0], False), (text, True), (mark[-1], False)), text)
        article, _, rest = text.partition(" ")
        if rest and article in ("the", "a", "an"):  # it belongs to the sentence, not to the value
            return Said(((f"{article} ", False), (rest, True)), rest)
        return Said(((text, True),), text)


def _strings(make: Callable[[Random], str], marks: tuple[str, ...] = ()) -> Kind:
    return _Text(make, marks)


def _codes(rest: str) -> Kind:
    forms = rest.split("/")
    return _strings(lambda rng: code(rng, forms[int(rng.random() * len(forms))]))


def _phrases(rest: str) -> Kind:
    template = parse(rest)
    return _strings(lambda rng: expand(template, rng))


def _quotes(rest: str) -> Kind:
    template = parse(rest)
    return _strings(lambda rng: expand(template, rng), ("''", '""', '""', "“”", ""))


def _lists(rest: str) -> Kind:
    least, most, inner = rest.split(" ", 2)
    low, high, of = int(least), int(most), kind(inner)

    def settle(rng: Random) -> Form:
        form = of(rng)
        items = {"type": form.schema["type"]}
        schema: dict[str, Any] = {"type": "array", "items": items}
        if "enum" in form.schema:
            raise UsageError(f"lists of choices are not made: {rest!r}")

        def draw(rng: Random) -> Said:
            elements: list[Said] = []
            wanted = rng.randint(low, high)
            for _ in range(3 * wanted):
                one = form.draw(rng)
                if items["type"] != "string" or all(one.value != other.value for other in elements):
                    elements.append(one)
                if len(elements) == wanted:
                    break
            numbers = items["type"] != "string"
            comma, last = _SEPARATORS[int(rng.random() * (len(_SEPARATORS) if numbers else 3))]
            pieces: list[tuple[str, bool]] = []
            bracket = numbers and last == comma and rng.random() < 0.5
            for at, one in enumerate(elements):
                if at:
                    pieces.append((last if at == len(elements) - 1 else comma, False))
                pieces.extend(one.pieces)
            if bracket:
                pieces = [("[", False), *pieces, ("]", False)]
            return Said(tuple(pieces), [one.value for one in elements])

        return Form(schema, form.tail, draw)

    return settle


def _spans(rest: str) -> Kind:
    of = kind(rest)

    def settle(rng: Random) -> Form:
        form = of(rng)

        def draw(rng: Random) -> Said:
            first, last = form.draw(rng), form.draw(rng)
            if first.value > last.value:
                first, last = last, first
            between = (pick(rng, (" to ", " to ", " and ", " - ", ", ", " until ")), False)
            return Said((*first.pieces, between, *last.pieces), [first.value, last.value])

        return Form({"type": "array", "items": {"type": form.schema["type"]}}, form.tail, draw)

    return settle


_CITIES = (
    "In the form 'City, State' or 'City, Country'.",
    "City and state, e.g. Amarillo, TX.",
    "Written as city, comma, country.",
    "The state may be its two letters, as in 'Waco, TX'.",
    "With the country where it's not clear, such as 'Vienna, Austria'.",
)
_SEPARATORS = ((", ", " and "), (", ", ", and "), (", ", " and "), (", ", ", "), (", ", ", "))
