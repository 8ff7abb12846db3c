"""What a call lacks, and how it's asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.chat.tools import faulty, problem
from models.encoders.call import THRESHOLD, Call
from models.encoders.parameters import Parameter, parameters, words


@dataclass(frozen=True)
class Findings:
    """What was found for a call, looked at by the function's schema.

    Attributes:
        arguments: Those that satisfy it.
        lacking: The required parameters that have none.
        asked: Names of those, and of required ones that nobody seems to have mentioned.
        possible: Whether the call can be made.
        question: What to ask the user; None where nothing lacks, or no call is wanted anyway.
    """

    arguments: Mapping[str, Any]
    lacking: tuple[Parameter, ...]
    asked: tuple[str, ...]
    possible: bool
    question: str | None


def look_at(call: Call, function: Mapping[str, Any]) -> Findings:
    """Look at a call by its function: a JSON Schema function with name, description and parameters."""
    schema = dict(function)
    wrong = faulty(schema, call.arguments) | set(call.missing)
    arguments = {name: value for name, value in call.arguments.items() if name not in wrong}
    needed = [one for one in parameters(function) if one.required]
    lacking = tuple(one for one in needed if one.name not in arguments)
    asked = tuple(one.name for one in needed if one in lacking or one.name in call.unmentioned)
    return Findings(
        arguments,
        lacking,
        asked,
        problem(schema, arguments) is None,
        question_for(asked) if asked and call.willing >= THRESHOLD else None,
    )


def question_for(names: Sequence[str]) -> str:
    """The question for parameters of these names."""
    *before, last = map(words, names)
    return f"Which {', '.join(before)} and {last}?" if before else f"Which {last}?"
