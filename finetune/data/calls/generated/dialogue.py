"""Conversations in which a tool is asked for, and the arguments that they give.

Most are one turn. In the others the assistant asks for a value that is missing, the user changes a value
or adds one, or the request comes after another that is done.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from finetune.data.calls.example import Argument, Turn
from finetune.data.calls.generated.forms import Said
from finetune.data.calls.generated.grammar import Group, Piece, Template, parse, render
from finetune.data.calls.generated.plain import ADDED, WHOLE, added, whole
from finetune.data.calls.generated.schemas import Made
from finetune.data.calls.generated.telling import Habit, Told, habit, tell
from finetune.data.calls.generated.words import lists, phrase

_KEPT = ("enum", "bool", "code", "date", "time", "quote", "year")
"""Kinds of values that keep their letters when everything is written small."""

MENTIONED = 0.5
"""Chance that an optional parameter is mentioned where a template can."""


@dataclass
class Conversation:
    """Turns so far, and the arguments that they give.

    Attributes:
        made: The tool that is asked for.
        rng: The source of chance.
        how: How the user types.
        turns: In order.
        arguments: By slot.
    """

    made: Made
    rng: Random
    how: Habit
    turns: list[Turn] = field(default_factory=list)
    arguments: dict[str, Argument] = field(default_factory=dict)
    _values: dict[str, Any] = field(default_factory=dict)

    def user(self, pieces: list[Piece]) -> None:
        """Add what the user says; its values become arguments, in place of earlier ones."""
        told = tell(pieces, self.rng, self.how)
        self._add(told)

    def assistant(self, text: str) -> None:
        """Add what the assistant says."""
        self.turns.append(Turn("assistant", text[:1].upper() + text[1:]))

    def say(self, slot: str) -> list[Piece]:
        """Draw a value for a slot and spell it; a different one from those of the same kind."""
        param, form = self.made.function.params[slot], self.made.forms[slot]
        for _ in range(5):
            said = form.draw(self.rng)
            if all(
                said.value != value or self.made.function.params[other].spec != param.spec
                for other, value in self._values.items()
            ):
                break
        if self.how.lower and param.spec.split(" ")[0] not in _KEPT:
            said = _lowered(said)
        self._values[slot] = said.value
        return [(text, slot if spells else None) for text, spells in said.pieces]

    def choose(self, slot: str, value: Any) -> None:
        """Settle a value that is chosen, not spelled."""
        self._values[slot] = value

    def _add(self, told: Told) -> None:
        turn = len(self.turns)
        self.turns.append(Turn("user", told.text))
        for slot, value in self._values.items():
            places = tuple((turn, start, end) for start, end in told.places.get(slot, ()))
            if places or slot not in self.arguments:
                self.arguments[slot] = Argument(value, places)


def _lowered(said: Said) -> Said:
    value = said.value
    if isinstance(value, str):
        value = value.lower()
    elif isinstance(value, list):
        value = [one.lower() if isinstance(one, str) else one for one in value]
    return Said(tuple((text.lower(), spells) for text, spells in said.pieces), value)


def converse(made: Made, rng: Random, *, helped: bool = True) -> Conversation:
    """One conversation that asks for the tool; `helped`: the assistant may have understood what is wanted."""
    talk = Conversation(made, rng, habit(rng))
    asks = made.function.asks
    ask = asks[int(rng.random() * len(asks))]
    chance = rng.random()
    if chance < 0.55:
        _ask(talk, ask)
    elif chance < 0.68:
        _before(talk)
        _ask(talk, ask, later=helped and rng.random() < 0.2)
    elif not helped:
        _ask(talk, ask)
    elif chance < 0.92:
        _ask(talk, ask, later=True)
    else:
        _ask(talk, ask)
        _change(talk)
    return talk


def _ask(talk: Conversation, ask: Template, *, later: bool = False) -> None:
    """Ask by a template; `later`: one value is only given when the assistant asks, or as an afterthought."""
    rng, params = talk.rng, talk.made.function.params
    left_out = {slot for slot in sorted(ask.loose) if not params[slot].required and rng.random() > MENTIONED}
    names = talk.made.names
    groups = [part for part in ask.parts if isinstance(part, Group) and len(part.slots) == 1]
    alone = {slot: part for part in groups for slot in part.slots if slot in names}
    slot = None
    if later and alone:
        slot = rng.choice(sorted(alone))
        left_out = left_out | {slot}
    if slot is None and rng.random() < WHOLE:
        pieces = whole(talk)
    else:
        pieces = render(ask.parts, rng, talk.say, left_out)
        rest = [one for one in names if one not in ask.slots or (one in left_out and one != slot)]
        if rest and rng.random() < ADDED:
            pieces = added(talk, pieces, rng.choice(rest))
    around(talk, pieces)
    talk.user(pieces)
    if slot is None:
        return
    if not params[slot].required and rng.random() < 0.5:
        talk.assistant(phrase(rng, ("talk_more",)))
        extra = render(alone[slot].parts, rng, talk.say)
        first, of = extra[0]
        if of is None:
            extra[0] = (first.lstrip(" ,.;?:"), None)
        talk.user([(_line(rng, "talk_add") + " ", None), *extra, (rng.choice((".", "", " please.")), None)])
    else:
        talk.assistant(_question(talk, slot))
        _answer(talk, slot)


def _answer(talk: Conversation, slot: str) -> None:
    answers = _templates("talk_answer")
    answer = answers[int(talk.rng.random() * len(answers))]
    talk.user(render(answer.parts, talk.rng, lambda _: talk.say(slot)))


def _question(talk: Conversation, slot: str) -> str:
    param = talk.made.function.params[slot]
    name = param.names[int(talk.rng.random() * len(param.names))]
    return _line(talk.rng, "talk_ask").replace("NAME", name)


def _change(talk: Conversation) -> None:
    """The assistant checks a value, and the user wants another."""
    known = {slot: argument for slot, argument in talk.arguments.items() if slot in talk.made.names}
    spelled = [slot for slot, argument in known.items() if len(argument.places) == 1]
    if not spelled:
        return
    slot = talk.rng.choice(spelled)
    turn, start, end = talk.arguments[slot].places[0]
    said = talk.turns[turn].text[start:end]
    name = talk.made.function.params[slot].names[0]
    talk.assistant(_line(talk.rng, "talk_check").replace("NAME", name).replace("VALUE", said))
    changes = _templates("talk_change")
    change = changes[int(talk.rng.random() * len(changes))]
    talk.user(render(change.parts, talk.rng, lambda _: talk.say(slot)))


def _before(talk: Conversation) -> None:
    """Something else that was said and answered before."""
    rng = talk.rng
    if rng.random() < 0.5:
        talk.user([(_line(rng, "talk_small"), None)])
        talk.assistant(phrase(rng, ("talk_small_reply",)))
    else:
        talk.user([(_line(rng, "talk_other"), None)])
        talk.assistant(phrase(rng, ("talk_other_reply",)))


def around(talk: Conversation, pieces: list[Piece]) -> None:
    """Put a greeting, politeness or a sentence that has nothing to do with it around a request."""
    rng = talk.rng
    first, of = pieces[0]
    if rng.random() < 0.12:
        greeting = _line(rng, "talk_greet")
        if greeting[-1] in ",:" and of is None and not first.startswith(("I ", "I'")):
            pieces[0] = (first[:1].lower() + first[1:], None)
        pieces.insert(0, (greeting + " ", None))
    if rng.random() < 0.13:
        asides = [_aside(talk) for _ in range(rng.choice((1, 1, 1, 2)))]
        pieces.insert(0, (" ".join(asides) + " ", None))
    if rng.random() < 0.14:
        last = "".join(text for text, _ in pieces[-2:]).rstrip()
        pieces.append((" " if last.endswith((".", "?", "!", ":")) else ". ", None))
        pieces.append((_aside(talk) if rng.random() < 0.55 else _line(rng, "talk_thanks"), None))


_OF_KIND = {
    "day": ("date", "time"),
    "place": ("town", "city", "country", "uscity"),
    "person": ("person", "first", "name"),
    "number": ("int", "num"),
}


def _aside(talk: Conversation) -> str:
    """A sentence with values that no parameter could mean."""
    specs = {
        word
        for param in talk.made.function.params.values()
        for word in param.spec.replace(",", " ").split(" ")
    }
    free = [name for name, kinds in _OF_KIND.items() if specs.isdisjoint(kinds)]
    return _line(talk.rng, f"aside_{talk.rng.choice([*free, 'plain'])}")


def _line(rng: Random, name: str) -> str:
    return phrase(rng, (name,))


_CACHE: dict[str, tuple[Template, ...]] = {}


def _templates(name: str) -> tuple[Template, ...]:
    if name not in _CACHE:
        _CACHE[name] = tuple(parse(text) for text in lists()[name])
    return _CACHE[name]


def remark(text: str, rng: Random) -> list[Turn]:
    """One turn that asks for nothing that a tool could do."""
    return [Turn("user", tell([(text, None)], rng, habit(rng)).text)]
