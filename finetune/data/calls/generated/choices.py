"""Kinds of values that are chosen: enums and switches. Users hint at them in many words."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from finetune.data.calls.generated.forms import Form, Said
from homespun.errors import UsageError

_CASES = (str, str, str, str.title, str.upper, str.capitalize)


def enums(rest: str) -> Callable[[Random], Form]:
    """``VALUE: PHRASE/PHRASE; VALUE``; a value without phrases is said itself.

    Now and then the schema has no enum but tells the values in the description; then a phrase has the value
    in it, and its place is known.
    """
    table: list[tuple[str, tuple[str, ...]]] = []
    for entry in rest.split(";"):
        value, _, phrases = entry.strip().partition(":")
        said = tuple(one.strip() for one in phrases.split("/") if one.strip()) or (value.replace("_", " "),)
        table.append((value.strip(), said))
    if len(table) < 2:
        raise UsageError(f"an enum needs two values: {rest!r}")
    told = [(value, tuple(one for one in said if value in one)) for value, said in table]
    can_tell = all(said for _, said in told)

    def settle(rng: Random) -> Form:
        if can_tell and rng.random() < 0.25:
            names = [f"'{value}'" for value, _ in table]
            tail = f"{rng.choice(_ALLOWED)} {', '.join(names[:-1])} or {names[-1]}."

            def spelled(rng: Random) -> Said:
                value, phrases = told[int(rng.random() * len(told))]
                phrase = phrases[int(rng.random() * len(phrases))]
                before, _, after = phrase.partition(value)
                pieces = ((before, False), (value, True), (after, False))
                return Said(tuple(piece for piece in pieces if piece[0]), value)

            return Form({"type": "string"}, tail if rng.random() < 0.8 else "", spelled)
        case = _CASES[int(rng.random() * len(_CASES))]
        listed = [case(value) for value, _ in table]
        if rng.random() < 0.2:
            rng.shuffle(listed)

        def chosen(rng: Random) -> Said:
            value, phrases = table[int(rng.random() * len(table))]
            return Said(((phrases[int(rng.random() * len(phrases))], False),), case(value))

        return Form({"type": "string", "enum": listed}, "", chosen)

    return settle


def switches(rest: str) -> Callable[[Random], Form]:
    """``PHRASES; PHRASES``: what means true, and what means false (may be missing)."""
    yes, _, no = rest.partition(";")
    table = [
        (value, tuple(one.strip() for one in phrases.split("/") if one.strip()))
        for value, phrases in ((True, yes), (False, no))
    ]
    table = [(value, phrases) for value, phrases in table if phrases]

    def settle(_rng: Random) -> Form:
        def draw(rng: Random) -> Said:
            value, phrases = table[int(rng.random() * len(table))]
            return Said(((phrases[int(rng.random() * len(phrases))], False),), value)

        return Form({"type": "boolean"}, "", draw)

    return settle


_ALLOWED = ("One of", "Can be", "Allowed:", "Either", "Options are", "Choose from", "Supports")
