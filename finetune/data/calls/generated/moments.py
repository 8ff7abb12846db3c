"""Kinds of values that are dates and times."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from finetune.data.calls.generated.forms import Form, Said
from finetune.data.calls.generated.spelling import a_day, date_loose, date_written, time_written

_STYLES = (
    ("%Y-%m-%d", "Format YYYY-MM-DD.", "date"),
    ("%Y-%m-%d", "Use the form YYYY-MM-DD.", ""),
    ("%Y-%m-%d", "In ISO 8601 format.", ""),
    ("%Y-%m-%d", "e.g. 2019-07-24", ""),
    ("%d/%m/%Y", "As DD/MM/YYYY.", ""),
    ("%m/%d/%Y", "Written MM/DD/YYYY.", ""),
    ("%d-%m-%Y", "dd-mm-yyyy", ""),
)
"""How a value is written, what the description says of it, and the schema's ``format``."""


def dates(_rest: str) -> Callable[[Random], Form]:
    """Dates; where the description asks for a form, the value has it, and most have a year."""

    def settle(rng: Random) -> Form:
        if rng.random() < 0.4:

            def plain(rng: Random) -> Said:
                text = date_written(rng, a_day(rng)) if rng.random() < 0.5 else date_loose(rng)
                return Said(((text, True),), text)

            return Form({"type": "string"}, "", plain)
        style, tail, form = _STYLES[int(rng.random() * len(_STYLES))]

        def asked(rng: Random) -> Said:
            if rng.random() < 0.15:
                text = date_loose(rng)
                return Said(((text, True),), text)
            day = a_day(rng)
            return Said(
                ((date_written(rng, day, day_first=style.startswith("%d")), True),), day.strftime(style)
            )

        return Form({"type": "string"} | ({"format": form} if form else {}), tail, asked)

    return settle


def times(_rest: str) -> Callable[[Random], Form]:
    """Times of the day, as they were said."""

    def settle(_rng: Random) -> Form:
        def draw(rng: Random) -> Said:
            text, _ = time_written(rng)
            return Said(((text, True),), text)

        return Form({"type": "string"}, "", draw)

    return settle
