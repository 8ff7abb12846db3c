"""The filler: a conversation and a tool's parameters in, arguments out, found and not invented.

Each parameter is asked for by itself: was it mentioned, and if so by which words, which elements, which of
its options? Words become values of the schema's type (`models.encoders.values`). What was not mentioned is
left out; where the schema demands it, its default or the likeliest words serve, and the probability says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from homespun.errors import CorruptWeights, UsageError
from models.encoders.adapters import Adapter, find_adapter
from models.encoders.heads import Tuned, tuned
from models.encoders.parameters import (
    LIST,
    OPTIONS,
    Conversation,
    Parameter,
    conversation,
    parameters,
    question,
    schema_type,
)
from models.encoders.spans import likely_spans
from models.encoders.values import elements, value
from models.encoders.windows import Layout, Pieces, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

TASK = "fill"
START, END, OPTION, BEGIN, INSIDE = range(5)
"""What the head's outputs are."""
_CANDIDATES = 8


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
    """

    name: str
    value: Any
    mentioned: float
    probability: float
    texts: tuple[str, ...] = ()
    required: bool = False
    tokens: int = 0


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
        if threads is not None and threads < 1:
            raise UsageError(f"threads must be 1 or more, not {threads}")
        self.adapter: Adapter = find_adapter(name, home)
        if self.adapter.config["task"] != TASK:
            raise UsageError(f"{name} is an adapter for {self.adapter.config['task']}, not for filling")
        try:
            settings = self.adapter.settings
            self._lengths = {key: int(settings[key]) for key in ("max_length", "stride", "most_first")}
            self._longest = int(settings.get("max_answer", 40))
            self.threshold = float(settings.get("threshold", 0.5))
            self._list_threshold = float(settings.get("list_threshold", 0.5))
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptWeights(f"the settings of {self.adapter.folder} are wrong ({error})") from error
        self._home, self._threads = home, threads

    @property
    def fingerprint(self) -> str:
        """Changes with anything that could change an argument; hexadecimal."""
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
        told = conversation(turns)
        wanted = list(parameters(function))
        flat = [leaf for parameter in wanted for leaf in _leaves(parameter)]
        found = dict(zip(map(id, flat), self._ask(told, flat, between), strict=True))
        leaves = iter(flat)
        return [self._gather(parameter, leaves, found) for parameter in wanted]

    def _gather(
        self, parameter: Parameter, leaves: Iterator[Parameter], found: Mapping[int, Argument]
    ) -> Argument:
        nested = _nested(parameter)
        if not nested:
            return found[id(next(leaves))]
        parts = [self._gather(part, leaves, found) for part in nested]
        used = {part.name: part.value for part in parts if self.keeps(part)}
        mentioned = max((part.mentioned for part in parts), default=0.0)
        probability = float(np.prod([part.probability for part in parts if part.name in used] or [0.0]))
        tokens = sum(part.tokens for part in parts)
        return Argument(parameter.name, used or None, mentioned, probability, (), parameter.required, tokens)

    def keeps(self, argument: Argument) -> bool:
        """Whether an argument goes into the call: it has a value, and it was mentioned or is demanded."""
        return argument.value is not None and (argument.required or argument.mentioned >= self.threshold)

    @cached_property
    def _tuned(self) -> Tuned:
        return tuned(self.adapter, TASK, self._home)

    @cached_property
    def _layout(self) -> Layout:
        return Layout(self._tuned.trunk.tokenizer, **self._lengths)

    def _ask(
        self, told: Conversation, wanted: Sequence[Parameter], between: Callable[[], None] | None
    ) -> list[Argument]:
        asked = [question(parameter) for parameter in wanted]
        pieces = self._layout.pieces([told.text, *(one.text for one in asked)])
        second, firsts = pieces[0], pieces[1:]
        rows = [
            (n, window) for n, first in enumerate(firsts) for window in self._layout.windows(first, second)
        ]
        given = [(window.ids, window.second) for _, window in rows]
        logits = self._tuned.logits(given, self._threads, between)
        answers: list[list[tuple[Window, NDArray[np.float32]]]] = [[] for _ in wanted]
        for (number, window), values in zip(rows, logits, strict=True):
            answers[number].append((window, values))
        found = []
        for parameter, one, first, answer in zip(wanted, asked, firsts, answers, strict=True):
            if parameter.way == OPTIONS:
                argument = self._option(parameter, one.options, first, answer)
            elif parameter.way == LIST:
                argument = self._list(parameter, told, second, answer)
            else:
                argument = self._span(parameter, told, second, answer)
            found.append(replace(argument, tokens=sum(len(window.ids) for window, _ in answer)))
        return found

    def _option(
        self,
        parameter: Parameter,
        begins: Sequence[int],
        first: Pieces,
        answers: Sequence[tuple[Window, NDArray[np.float32]]],
    ) -> Argument:
        best = np.full(len(begins) + 1, -np.inf)
        for _, logits in answers:
            scores = [float(logits[0, OPTION])]
            for begin in begins:
                tokens = first.tokens(begin, begin + 1)
                shown = tokens is not None and tokens[0] < self._layout.most_first
                scores.append(float(logits[1 + tokens[0], OPTION]) if shown and tokens else -30.0)
            row = np.asarray(scores) - scores[0]
            best = np.maximum(best, row)
        odds = np.exp(best - best.max())
        shares = odds / odds.sum()
        place = int(np.argmax(shares[1:]))
        mentioned = float(1.0 - shares[0])
        chosen = parameter.options[place]
        probability = float(shares[1 + place] / max(mentioned, 1e-9))
        if mentioned < self.threshold and "default" in parameter.schema and parameter.required:
            chosen = parameter.schema["default"]
        return Argument(parameter.name, chosen, mentioned, probability, required=parameter.required)

    def _span(
        self,
        parameter: Parameter,
        told: Conversation,
        second: Pieces,
        answers: Sequence[tuple[Window, NDArray[np.float32]]],
    ) -> Argument:
        found: list[tuple[float, int, int]] = []
        sums = []
        for window, logits in answers:
            spans, total = likely_spans(
                logits[:, START],
                logits[:, END],
                window.second,
                window.second + window.pieces,
                self._longest,
                _CANDIDATES,
            )
            sums.append(total)
            offset = window.first_piece - window.second
            found += [
                (s.odds, second.spans[s.first + offset][0], second.spans[s.last + offset][1]) for s in spans
            ]
        total = float(np.logaddexp.reduce(sums)) if sums else float("-inf")
        mentioned = 1.0 / (1.0 + float(np.exp(-max(-60.0, min(60.0, total)))))
        default = parameter.schema.get("default")
        if mentioned < self.threshold and parameter.required and default is not None:
            return Argument(parameter.name, default, mentioned, 1.0 - mentioned, required=True)
        # The likeliest words that can be such a value.
        for odds, start, end in sorted(found, reverse=True):
            made = value(told.text[start:end], parameter.schema, told.text)
            if made is not None:
                probability = float(np.exp(min(0.0, odds - total)))
                words = (told.text[start:end],)
                return Argument(parameter.name, made, mentioned, probability, words, parameter.required)
        return Argument(parameter.name, None, mentioned, 0.0, required=parameter.required)

    def _list(
        self,
        parameter: Parameter,
        told: Conversation,
        second: Pieces,
        answers: Sequence[tuple[Window, NDArray[np.float32]]],
    ) -> Argument:
        begin = np.zeros(len(second.ids))
        inside = np.zeros(len(second.ids))
        for window, logits in answers:
            rows = slice(window.second, window.second + window.pieces)
            places = slice(window.first_piece, window.first_piece + window.pieces)
            for target, column in ((begin, BEGIN), (inside, INSIDE)):
                chance = 1.0 / (1.0 + np.exp(-logits[rows, column].astype(np.float64)))
                target[places] = np.maximum(target[places], chance)
        bound = self._list_threshold
        mentioned = float(max(begin.max(initial=0.0), inside.max(initial=0.0)))
        default = parameter.schema.get("default")
        if mentioned < bound and parameter.required and default is not None:
            return Argument(parameter.name, default, mentioned, 1.0 - mentioned, required=True)
        if mentioned < bound and parameter.required:
            bound = mentioned
        runs: list[list[int]] = []
        for place in range(len(second.ids)):
            opens = begin[place] >= bound
            if opens or (inside[place] >= bound and not (runs and runs[-1][1] == place)):
                runs.append([place, place + 1])
            elif inside[place] >= bound:
                runs[-1][1] = place + 1
        texts = [told.text[second.spans[a][0] : second.spans[b - 1][1]] for a, b in runs]
        made = elements(texts, parameter.schema, told.text)
        shown = [chance for a, b in runs for chance in inside[a:b]]
        probability = float(np.mean(shown)) if shown else 0.0
        return Argument(
            parameter.name, made or None, mentioned, probability, tuple(texts), parameter.required
        )


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
