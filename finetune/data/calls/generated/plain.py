"""Requests that name parameters: "tax: 5%", "with a height of 3 m", "use_cache = true".

They need no template, so any parameter of any tool can be given this way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finetune.data.calls.generated.forms import pick
from finetune.data.calls.generated.grammar import Piece

if TYPE_CHECKING:
    from finetune.data.calls.generated.dialogue import Conversation

ADDED = 0.14
"""Chance that a parameter which a request leaves out is added by its name."""
WHOLE = 0.07
"""Chance that a request is nothing but names and values."""
_SHORT = (("", ": "), ("", " = "), ("", " "), ("", "="), ("", " of "), ("", " set to "))
_LONG = (("the ", " is "), ("the ", " should be "), ("with ", " "), ("", " is "), *_SHORT[:4])
_CLAUSES = (
    (", with ", " "),
    (", with the ", " "),
    (" and ", " "),
    (", ", ": "),
    (" (", ": "),
    (", using ", " as the "),
    (". The ", " is "),
    (", and set the ", " to "),
    (" with a ", " of "),
)
_SWITCHES = ((", ", ": "), (" (", ": "), (", and set ", " to "), (", ", " = "))
_OPENINGS = ("Call", "Run", "Use", "Please use", "Execute", "I'd like to use", "Let's try")


def whole(talk: Conversation) -> list[Piece]:
    """A request for the tool with names and values in a row."""
    rng, made = talk.rng, talk.made
    params = made.function.params
    slots = [slot for slot in made.names if params[slot].required or rng.random() < 0.35]
    if rng.random() < 0.3:
        rng.shuffle(slots)
    raw = rng.random() < 0.3
    pieces: list[Piece] = []
    chance = rng.random()
    before, between = pick(rng, _SHORT if 0.4 <= chance < 0.75 else _LONG)
    if chance < 0.4:
        about = made.schema["description"].rstrip(".")
        pieces.append((f"{about}{pick(rng, (':', ' -', ',', '. Values:'))} ", None))
    else:
        name = made.schema["name"] if rng.random() < 0.4 else pick(rng, made.function.names).replace(".", " ")
        pieces.append((f"{pick(rng, _OPENINGS)} {name} with " if chance < 0.75 else f"{name}: ", None))
    last = pick(rng, (" and ", ", and ", ", ", "; "))
    for at, slot in enumerate(slots):
        if at:
            pieces.append((last if at == len(slots) - 1 else ", ", None))
        pieces.append((before + _name(talk, slot, raw) + between, None))
        pieces += value(talk, slot)
    pieces.append((pick(rng, (".", ".", "", "?")), None))
    return pieces


def added(talk: Conversation, pieces: list[Piece], slot: str) -> list[Piece]:
    """A request with one more parameter at its end."""
    rng = talk.rng
    text, of = pieces[-1]
    mark = ""
    if of is None:
        bare = text.rstrip(" .?!")
        mark = text[len(bare) :].strip()[:1]
        pieces = [*pieces[:-1], (bare, None)]
    switch = talk.made.forms[slot].schema["type"] == "boolean"
    opening, between = pick(rng, _SWITCHES if switch else _CLAUSES)
    name = _name(talk, slot, rng.random() < 0.12)
    if between == " as the ":
        said = [(opening, None), *value(talk, slot), (between + name, None)]
    else:
        said = [(opening + name + between, None), *value(talk, slot)]
    if opening == " (":
        said.append((")", None))
    return [*pieces, *said, ("." if opening.startswith(".") else mark, None)]


def value(talk: Conversation, slot: str) -> list[Piece]:
    """A value without the phrase that hints at it: a choice by itself, yes or no."""
    rng, form = talk.rng, talk.made.forms[slot]
    if form.schema["type"] == "boolean":
        chosen = rng.random() < 0.5
        talk.choose(slot, chosen)
        return [(pick(rng, _YES if chosen else _NO), None)]
    if "enum" in form.schema:
        option = pick(rng, tuple(form.schema["enum"]))
        talk.choose(slot, option)
        return [(option if rng.random() < 0.3 else option.replace("_", " ").lower(), None)]
    pieces = talk.say(slot)
    if talk.made.function.params[slot].spec.startswith("enum"):
        pieces = [piece for piece in pieces if piece[1] is not None]
    return pieces


def _name(talk: Conversation, slot: str, raw: bool) -> str:
    if raw:
        return talk.made.names[slot]
    return pick(talk.rng, talk.made.function.params[slot].names)


_YES = ("yes", "true", "on", "True")
_NO = ("no", "false", "off", "False")
