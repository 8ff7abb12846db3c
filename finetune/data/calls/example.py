"""One training example of tool calling: a conversation, the tools on offer, and the call that is right.

Values are kept with the places where the conversation says them, because what is learnt is to find values,
not to invent them. Imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from homespun.errors import UsageError


@dataclass(frozen=True)
class Turn:
    """What one side said."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True)
class Argument:
    """The value of one parameter.

    Attributes:
        value: As the call has it: of the JSON type that the schema asks for.
        places: Where the conversation says it: (turn, start, end) with characters start:end of that turn's
            text, several for a list. Empty where it is chosen (an enum value or a boolean), not copied.
    """

    value: Any
    places: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True)
class CallExample:
    """A conversation with tools.

    Attributes:
        source: The data set, for cards.
        turns: The conversation; the last turn is the user's.
        tools: JSON Schema functions: {"name", "description", "parameters": {"type": "object", "properties",
            "required"}}.
        tool: The name of the one to call; None where none fits.
        arguments: What the call has, by parameter; a parameter of the tool that is missing here was not
            mentioned, unless it is unsure.
        unsure: Parameters of the tool of which nobody knows whether or where the conversation gives them: the
            fill head is not trained on them.
        group: What examples share that must not be split between training and validation.

    Raises:
        UsageError: The tool is not on offer, a place lies outside its turn, or an unsure parameter has a
            value or is none of the tool's.
    """

    source: str
    turns: tuple[Turn, ...]
    tools: tuple[Mapping[str, Any], ...]
    tool: str | None
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    group: str = ""
    unsure: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        names = {tool["name"]: tool["parameters"].get("properties", {}) for tool in self.tools}
        if self.tool is not None and self.tool not in names:
            raise UsageError(f"{self.tool} is none of the tools on offer ({', '.join(names)})")
        for name, argument in self.arguments.items():
            if self.tool is None or name not in names[self.tool]:
                raise UsageError(f"{self.tool} has no parameter {name}")
            for turn, start, end in argument.places:
                if not 0 <= start < end <= len(self.turns[turn].text):
                    raise UsageError(f"{name}: characters {start}:{end} are not in turn {turn}")
        for name in self.unsure:
            if self.tool is None or name not in names[self.tool] or name in self.arguments:
                raise UsageError(f"{name} can't be unsure: it has a value or is no parameter of {self.tool}")
