"""A call of a tool by the encoder alone: which tool, with which arguments, and how sure that one is wanted.

The chooser says which tool is likeliest and its odds against none, the filler how much of what the tool needs
was mentioned; a calibration of both, kept in the chooser's settings, is the probability that a call is right.
Where one message asks for the same several times, `several` finds the arguments of each call; what needs two
different tools is done in two turns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.encoders.calibration import Calibration
from models.encoders.choose import Choice, Chooser
from models.encoders.fill import Argument, Filler
from models.encoders.parameters import parameters
from models.encoders.several import several
from models.encoders.skill import settings_of

SETTING = "call"
"""Where the chooser's settings hold the calibration, of `odds` and `required`."""
THRESHOLD = 0.5
SOLE = 0.9
"""Share of a tool among all from which on the others can't be what a part of the message asks for."""
_INPUTS = frozenset({"odds", "required"})


@dataclass(frozen=True)
class Call:
    """A call that may be made.

    Attributes:
        place: Which of the functions.
        name: The function's name.
        arguments: What is to be passed, by name.
        probability: That such a call is wanted.
        willing: What that would be, had everything that the tool needs been mentioned.
        found: What was found for each parameter, those left out too.
        choice: What the chooser said.
        required: Mean probability that a required parameter was mentioned; 1 where none is required.
        unmentioned: Names of required parameters, without a default, that nobody seems to have mentioned.
        missing: Those that have no value at all: without them there's no call.
        tokens: How many were read, special ones included.
    """

    place: int
    name: str
    arguments: Mapping[str, Any]
    probability: float
    willing: float
    found: tuple[Argument, ...]
    choice: Choice
    required: float
    unmentioned: tuple[str, ...]
    missing: tuple[str, ...]
    tokens: int


class Caller:
    """Calls tools with two adapters on the encoder.

    Args:
        chooser: Which tool.
        filler: Which arguments.

    Raises:
        CorruptWeights: The chooser's settings hold a calibration of something else.
    """

    def __init__(self, chooser: Chooser, filler: Filler) -> None:
        self.chooser, self.filler = chooser, filler
        with settings_of(chooser.adapter) as settings:
            self._calibration = Calibration.from_dict(settings.get(SETTING), "odds", _INPUTS)

    @property
    def fingerprint(self) -> str:
        """Changes with all that could change a call but the processor's arithmetic; hexadecimal."""
        return f"{self.chooser.fingerprint}-{self.filler.fingerprint}"

    def call(
        self,
        turns: Sequence[tuple[str, str]],
        functions: Sequence[Mapping[str, Any]],
        between: Callable[[], None] | None = None,
    ) -> Call | None:
        """The call that is wanted; None where none is probable, or where it can't be made.

        Args:
            turns: (role, text), the newest last.
            functions: JSON Schema functions: name, description, parameters.
            between: Called before each pass; what it raises ends the work.

        Raises:
            UsageError: There are no turns.
        """
        found = self.likeliest(turns, functions, between)
        return found if found and found.probability >= THRESHOLD and not found.missing else None

    def likeliest(
        self,
        turns: Sequence[tuple[str, str]],
        functions: Sequence[Mapping[str, Any]],
        between: Callable[[], None] | None = None,
    ) -> Call | None:
        """The likeliest call, however improbable it is; None without functions. See `call`."""
        choice = self.chooser.choose(turns, functions, between)
        if choice.place < 0:
            return None
        function = functions[choice.place]
        found = self.filler.fill(turns, function, between)
        needed = [argument for argument in found if argument.required]
        required = sum(one.mentioned for one in needed) / len(needed) if needed else 1.0
        unsaid = [one.name for one in needed if one.value is None or one.mentioned < self.filler.threshold]
        schemas = {parameter.name: parameter.schema for parameter in parameters(function)}
        return Call(
            place=choice.place,
            name=str(function["name"]),
            arguments=self.passed(found),
            probability=self._calibration({"odds": choice.odds, "required": required}),
            willing=self._calibration({"odds": choice.odds, "required": 1.0}),
            found=tuple(found),
            choice=choice,
            required=required,
            unmentioned=tuple(name for name in unsaid if "default" not in schemas[name]),
            missing=tuple(one.name for one in needed if one.value is None),
            tokens=choice.tokens + sum(one.tokens for one in found),
        )

    def several(
        self,
        turns: Sequence[tuple[str, str]],
        call: Call,
        function: Mapping[str, Any],
        between: Callable[[], None] | None = None,
    ) -> list[tuple[Argument, ...]]:
        """What was found for each of several calls of one function; [] where no more than one is asked for.

        All of them have what the function needs. Where another tool may be meant too, nothing is shared out:
        what is the other's would be made a call of this one.

        Args:
            turns: (role, text), the newest last.
            call: The likeliest one, from `likeliest`.
            function: The one that it calls.
            between: Called before each pass; what it raises ends the work.
        """
        if call.choice.lead < SOLE:
            return []
        found = [tuple(one) for one in several(self.filler, turns, function, between)]
        lacking = any(one.required and one.value is None for call in found for one in call)
        return [] if lacking else found

    def passed(self, found: Sequence[Argument]) -> dict[str, Any]:
        """What is to be passed, by name."""
        return {one.name: one.value for one in found if self.filler.keeps(one)}


def load_caller(
    chooser: str = "choose", filler: str = "fill", *, home: Path | None = None, threads: int | None = None
) -> Caller:
    """Make the caller of two adapters' names or folders; see `Chooser` and `Filler` for what is raised."""
    return Caller(Chooser(chooser, home=home, threads=threads), Filler(filler, home=home, threads=threads))
