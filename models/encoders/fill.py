"""The filler: a conversation and a tool's parameters in, arguments out, found and not invented.

Each parameter is asked for by itself: was it mentioned, and if so by which words, which elements, which of
its options? What words go to which is decided for all together (`models.encoders.assign`). Words become
values of the schema's type (`models.encoders.values`). What was not mentioned is left out; where the schema
demands it, its default or the likeliest words serve, and the probability says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from homespun.errors import UsageError
from models.encoders.adapters import Adapter
from models.encoders.asked import BEGIN, INSIDE, OPTION, Asked
from models.encoders.assign import Candidate, Slot, assign, overlaps
from models.encoders.calibration import softmax
from models.encoders.elements import Group, groups, share_out, strong, whole_words
from models.encoders.numbers import number_places
from models.encoders.parameters import (
    LIST,
    OPTIONS,
    SPAN,
    Conversation,
    Parameter,
    conversation,
    parameters,
    question,
    schema_type,
)
from models.encoders.skill import Skill, settings_of
from models.encoders.values import elements, value
from models.encoders.windows import Pieces

if TYPE_CHECKING:
    from models.encoders.asked import Answer

TASK = "fill"
_CANDIDATES, _NUMBERS = 20, 80
"""Spans that are looked at; of numbers more, since each is written in many ways."""
_OTHERS = 4
"""How many other values are told."""


@dataclass(frozen=True)
class Argument:
    """What was found for one parameter.

    Attributes:
        name: The parameter's.
        value: Of the schema's type; None where nothing was found.
        mentioned: Probability that the conversation says anything of it.
        probability: That this value is the one that is meant, where it was mentioned.
        texts: The words that it was made from, in the conversation's joined text; () for an option.
        required: Whether the schema demands it.
        tokens: How many were read for it, special ones included.
        others: What else it could be, each with its probability where it was mentioned; the likeliest first.
    """

    name: str
    value: Any
    mentioned: float
    probability: float
    texts: tuple[str, ...] = ()
    required: bool = False
    tokens: int = 0
    others: tuple[tuple[Any, float], ...] = ()


class Filler:
    """Fills with an adapter on the encoder; found when made, loaded at the first call.

    Threads may share one; passes take turns.

    Args:
        name: The adapter's name or folder.
        home: The state folder; by default the one in the settings.
        threads: Processor threads of one pass; None leaves torch's setting.

    Raises:
        ModelNotFound: There's no such adapter, or the encoder isn't here.
        UsageError: It's an adapter for something else.
        CorruptWeights: At the first call, where a file is damaged.
    """

    def __init__(self, name: str = TASK, *, home: Path | None = None, threads: int | None = None) -> None:
        self._skill = Skill(name, TASK, "filling", home, threads)
        self.adapter: Adapter = self._skill.adapter
        with settings_of(self.adapter) as settings:
            self._longest = int(settings.get("max_answer", 40))
            self.threshold = float(settings.get("threshold", 0.5))
            self._list_threshold = float(settings.get("list_threshold", 0.5))

    @property
    def fingerprint(self) -> str:
        """Changes with all that could change an argument but the processor's arithmetic; hexadecimal."""
        return self.adapter.fingerprint

    def fill(
        self,
        turns: Sequence[tuple[str, str]],
        function: Mapping[str, Any],
        between: Callable[[], None] | None = None,
    ) -> list[Argument]:
        """Find the arguments of one call.

        Args:
            turns: (role, text), the newest last.
            function: A JSON Schema function: name, description, parameters.
            between: Called before each pass; what it raises ends the filling.

        Returns:
            One for each parameter, in the schema's order; those of an object are found for its own
            properties and put together.

        Raises:
            UsageError: There are no turns.
        """
        if not turns:
            raise UsageError("there is no conversation to take arguments from")
        wanted = list(parameters(function))
        flat = leaves(wanted)
        return self.gather(wanted, self.decide(self.ask(conversation(turns), flat, between)))

    def gather(self, wanted: Sequence[Parameter], found: Sequence[Argument]) -> list[Argument]:
        """Put what was found for the `leaves` of parameters together, one argument for each parameter."""
        left = iter(found)
        return [self._gather(parameter, left) for parameter in wanted]

    def _gather(self, parameter: Parameter, left: Iterator[Argument]) -> Argument:
        nested = _nested(parameter)
        if not nested:
            return next(left)
        parts = [self._gather(part, left) for part in nested]
        used = {part.name: part.value for part in parts if self.keeps(part)}
        mentioned = max((part.mentioned for part in parts), default=0.0)
        probability = float(np.prod([part.probability for part in parts if part.name in used] or [0.0]))
        tokens = sum(part.tokens for part in parts)
        return Argument(parameter.name, used or None, mentioned, probability, (), parameter.required, tokens)

    def keeps(self, argument: Argument) -> bool:
        """Whether an argument goes into the call: it has a value, and it was mentioned or is demanded."""
        return argument.value is not None and (argument.required or argument.mentioned >= self.threshold)

    def said(self, argument: Argument, *, options: bool) -> bool:
        """Whether an option, or a list, was found and not only guessed."""
        bound = self.threshold if options else self._list_threshold
        return argument.value is not None and argument.mentioned >= bound

    def ask(
        self, told: Conversation, wanted: Sequence[Parameter], between: Callable[[], None] | None = None
    ) -> Asked:
        """Read a conversation for parameters without parts of their own (`leaves`); see `fill`."""
        asked = [question(parameter) for parameter in wanted]
        layout = self._skill.layout
        pieces = layout.pieces([told.text, *(one.text for one in asked)])
        second, firsts = pieces[0], pieces[1:]
        rows = [(n, window) for n, first in enumerate(firsts) for window in layout.windows(first, second)]
        logits = self._skill.logits([window for _, window in rows], between)
        answers: list[list[Answer]] = [[] for _ in wanted]
        for (number, window), values in zip(rows, logits, strict=True):
            answers[number].append((window, values))
        return Asked(told, wanted, asked, firsts, second, answers)

    def decide(self, asked: Asked) -> list[Argument]:
        """What was found for each parameter that was asked for."""
        told, wanted, second, answers = asked.told, asked.wanted, asked.second, asked.answers
        found: list[Argument | None] = [None] * len(wanted)
        slots: dict[int, Slot] = {}
        each = zip(wanted, asked.questions, asked.firsts, strict=True)
        for number, (parameter, one, first) in enumerate(each):
            if parameter.way == OPTIONS:
                found[number] = self._option(parameter, one.options, first, answers[number])
            elif parameter.way == SPAN:
                slots[number] = self._slot(asked, number)
        taken = assign(list(slots.values()))
        for (number, slot), candidate in zip(slots.items(), taken, strict=True):
            found[number] = self.taken(wanted[number], slot, candidate)
        lists = [number for number, parameter in enumerate(wanted) if parameter.way == LIST]
        listed = self._lists([wanted[n] for n in lists], told, second, [answers[n] for n in lists], taken)
        for number, argument in zip(lists, listed, strict=True):
            found[number] = argument
        return [
            replace(argument, tokens=sum(len(window.ids) for window, _ in answer))
            for argument, answer in zip(found, answers, strict=True)
            if argument is not None
        ]

    def _option(
        self,
        parameter: Parameter,
        begins: Sequence[int],
        first: Pieces,
        answers: Sequence[Answer],
    ) -> Argument:
        best = np.full(len(begins) + 1, -np.inf)
        for _, logits in answers:
            scores = [float(logits[0, OPTION])]
            for begin in begins:
                tokens = first.tokens(begin, begin + 1)
                shown = tokens is not None and tokens[0] < self._skill.layout.most_first
                scores.append(float(logits[1 + tokens[0], OPTION]) if shown and tokens else -30.0)
            row = np.asarray(scores) - scores[0]
            best = np.maximum(best, row)
        shares = softmax(best)
        place = int(np.argmax(shares[1:]))
        mentioned = float(1.0 - shares[0])
        chosen = parameter.options[place]
        probability = float(shares[1 + place] / max(mentioned, 1e-9))
        if mentioned < self.threshold and "default" in parameter.schema and parameter.required:
            chosen = parameter.schema["default"]
        weights = list(zip(parameter.options, map(float, shares[1:]), strict=True))
        return Argument(
            parameter.name,
            chosen,
            mentioned,
            probability,
            required=parameter.required,
            others=_others(chosen, weights),
        )

    def _slot(self, asked: Asked, number: int) -> Slot:
        """What a parameter could take, and how likely it was mentioned."""
        parameter, text = asked.wanted[number], asked.told.text
        numeric = parameter.type in ("integer", "number")
        numbers = number_places(text) if numeric else ()
        found: dict[tuple[int, int], float] = {}
        for start, end, odds in asked.spans(number, self._longest, _NUMBERS if numeric else _CANDIDATES):
            # The sign, the scale ("million") and the percent belong to a number whether marked or not.
            whole = [one for one in numbers if one[0] < end and start < one[1]]
            place = (min(start, whole[0][0]), max(end, whole[0][1])) if len(whole) == 1 else (start, end)
            place = whole_words(text, *place)
            found[place] = max(found.get(place, -np.inf), odds)
        candidates = _candidates(found, parameter, text)
        return Slot(candidates, self.mentioned(asked, number), parameter.required, parameter.kind)

    def within(
        self, asked: Asked, number: int, start: int, end: int, most: int | None = None
    ) -> list[Candidate]:
        """What a parameter could take of start:end alone, the likeliest first; of numbers one each.

        Args:
            asked: What was read.
            number: Which parameter.
            start: First character.
            end: After the last one.
            most: How many spans are looked at; as many as for a whole conversation, if None.
        """
        parameter, text = asked.wanted[number], asked.told.text
        numeric = parameter.type in ("integer", "number")
        places = number_places(text) if numeric else ()
        numbers = [one for one in places if start <= one[0] and one[1] <= end]
        found: dict[tuple[int, int], float] = {}
        most = most or (_NUMBERS if numeric else _CANDIDATES)
        for first, last, odds in asked.spans(number, self._longest, most, start, end):
            place = max(start, first), min(end, last)
            whole = [one for one in numbers if one[0] < place[1] and place[0] < one[1]]
            if len(whole) > 1:
                continue
            if whole:
                place = min(place[0], whole[0][0]), max(place[1], whole[0][1])
            place = whole_words(text, *place)
            if start <= place[0] and place[1] <= end:
                found[place] = max(found.get(place, -np.inf), odds)
        return sorted(_candidates(found, parameter, text), key=lambda one: -one.odds)

    def mentioned(self, asked: Asked, number: int) -> float:
        """Probability that the conversation says anything of a parameter that takes words."""
        return asked.mentioned(number, self._longest)

    def taken(self, parameter: Parameter, slot: Slot, one: Candidate | None) -> Argument:
        """The argument that a parameter's slot gets with this candidate, or with none."""
        default = parameter.schema.get("default")
        if slot.mentioned < self.threshold and parameter.required and default is not None:
            return Argument(parameter.name, default, slot.mentioned, 1.0 - slot.mentioned, required=True)
        if one is None:
            mentioned = min(slot.mentioned, 1.0 - self.threshold) if slot.candidates else slot.mentioned
            return Argument(parameter.name, None, mentioned, 0.0, required=parameter.required)
        shares = np.asarray([other.odds for other in slot.candidates])
        probability = float(np.exp(one.odds - np.logaddexp.reduce(shares)))
        # What is taken all the same counts as mentioned for an optional parameter.
        mentioned = slot.mentioned if parameter.required else max(slot.mentioned, self.threshold)
        weights = [(other.value, float(np.exp(other.odds - shares.max()))) for other in slot.candidates]
        return Argument(
            parameter.name,
            one.value,
            mentioned,
            probability,
            (one.text,),
            parameter.required,
            others=_others(one.value, weights),
        )

    def _lists(
        self,
        wanted: Sequence[Parameter],
        told: Conversation,
        second: Pieces,
        answers: Sequence[Sequence[Answer]],
        taken: Sequence[Candidate | None],
    ) -> list[Argument]:
        chances, offers = [], []
        for parameter, answer in zip(wanted, answers, strict=True):
            begin, inside = np.zeros(len(second.ids)), np.zeros(len(second.ids))
            for window, logits in answer:
                rows = slice(window.second, window.second + window.pieces)
                places = slice(window.first_piece, window.first_piece + window.pieces)
                for target, column in ((begin, BEGIN), (inside, INSIDE)):
                    chance = 1.0 / (1.0 + np.exp(-logits[rows, column].astype(np.float64)))
                    target[places] = np.maximum(target[places], chance)
            mentioned = float(max(begin.max(initial=0.0), inside.max(initial=0.0)))
            chances.append(mentioned)
            items = parameter.schema.get("items")
            numeric = isinstance(items, Mapping) and schema_type(items) in ("integer", "number")
            # What the schema demands is there somewhere.
            bound = min(self._list_threshold, mentioned) if parameter.required else self._list_threshold
            made = groups(
                told.text, second.spans, begin, inside, bound, number_places(told.text) if numeric else None
            )
            free = [group for group in made if not overlaps(group.start, group.end, taken)]
            offers.append(free or made)
        needed = [parameter.required for parameter in wanted]
        given = share_out(offers, needed) if len(offers) > 1 else [strong(offer) for offer in offers]
        return [
            self._listed(parameter, told, mentioned, kept)
            for parameter, mentioned, kept in zip(wanted, chances, given, strict=True)
        ]

    def _listed(
        self, parameter: Parameter, told: Conversation, mentioned: float, kept: Sequence[Group]
    ) -> Argument:
        default = parameter.schema.get("default")
        if mentioned < self._list_threshold and parameter.required and default is not None:
            return Argument(parameter.name, default, mentioned, 1.0 - mentioned, required=True)
        texts = tuple(told.text[start:end] for group in kept for start, end in group.spans)
        made = elements(texts, parameter.schema, told.text)
        probability = float(np.mean([group.chance for group in kept])) if kept else 0.0
        return Argument(parameter.name, made or None, mentioned, probability, texts, parameter.required)


def leaves(wanted: Sequence[Parameter]) -> list[Parameter]:
    """The parameters themselves, and for an object the leaves of its own properties."""
    return [leaf for parameter in wanted for leaf in _leaves(parameter)]


def _candidates(found: Mapping[tuple[int, int], float], parameter: Parameter, text: str) -> list[Candidate]:
    made = []
    for (start, end), odds in found.items():
        one = value(text[start:end], parameter.schema, text)
        if one is not None:
            made.append(Candidate(start, end, odds, one, text[start:end]))
    return made


def _others(chosen: Any, weights: Sequence[tuple[Any, float]]) -> tuple[tuple[Any, float], ...]:
    """The likeliest of the other values, each once, and their shares of all weights."""
    total = sum(weight for _, weight in weights)
    found: list[tuple[Any, float]] = []
    for other, weight in sorted(weights, key=lambda one: -one[1]):
        # "true" and 1 are equal in Python and not in JSON.
        known = [chosen, *(value for value, _ in found)]
        if total > 0 and all(type(other) is not type(one) or other != one for one in known):
            found.append((other, weight / total))
    return tuple(found[:_OTHERS])


def _nested(parameter: Parameter) -> list[Parameter]:
    if schema_type(parameter.schema) != "object" or not parameter.schema.get("properties"):
        return []
    inner = {
        "name": parameter.tool,
        "description": f"{parameter.name}: {parameter.schema.get('description') or parameter.purpose}",
        "parameters": parameter.schema,
    }
    return list(parameters(inner))


def _leaves(parameter: Parameter) -> list[Parameter]:
    nested = _nested(parameter)
    return [leaf for part in nested for leaf in _leaves(part)] if nested else [parameter]


def load_filler(name: str = TASK, home: Path | None = None, threads: int | None = None) -> Filler:
    """Make the filler that a name leads to; see `Filler`."""
    return Filler(name, home=home, threads=threads)
