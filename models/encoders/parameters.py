"""What a tool's parameter, and a tool, look like to the encoder, and a conversation beside them.

A parameter is asked for in words: its options (an enum's values; true and false), its name, description and
kind, and what the tool does. Training and use put them into words by this one module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OPTIONS, LIST, SPAN = "options", "list", "span"
"""The ways to find a value: choose one, find each element, find one."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN = re.compile(r"[\s_.\-/]+")
_SEPARATOR = " | "
_DESCRIPTION = 240
_DEFINITIONS = ("$defs", "definitions")
_BRANCHES = ("anyOf", "oneOf", "allOf")
# Of references to references.
_DEEPEST = 8
_TYPES = {"integer": "whole number", "number": "number", "array": "list", "string": "text"}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a tool.

    Attributes:
        name: Its name in the call.
        schema: Its JSON Schema.
        required: Whether the schema demands it.
        tool: The tool's name.
        purpose: The tool's description.
    """

    name: str
    schema: Mapping[str, Any]
    required: bool
    tool: str
    purpose: str

    @property
    def type(self) -> str:
        """The JSON type; the first that isn't null where there are several, "string" where none is told."""
        return schema_type(self.schema)

    @property
    def options(self) -> tuple[Any, ...]:
        """What can be chosen: an enum's values, True and False; () where a value must be found."""
        if self.schema.get("enum"):
            return tuple(value for value in self.schema["enum"] if value is not None)
        return (True, False) if self.type == "boolean" else ()

    @property
    def way(self) -> str:
        """How its value is found."""
        if self.options:
            return OPTIONS
        return LIST if self.type == "array" else SPAN

    @property
    def kind(self) -> str:
        """What words can be its value: those of one kind could be swapped. "number", or its type."""
        return "number" if self.type in ("integer", "number") else self.type


def _plain(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema without references and alternatives at its top; an object keeps the definitions.

    What refers to itself is an object of nothing there, or it would have no end.
    """
    found = dict(schema)
    for _ in range(_DEEPEST):
        reference = found.pop("$ref", None)
        if reference is not None:
            _, _, place = str(reference).partition("#/")
            kind, _, name = place.partition("/")
            target = definitions.get(kind, {}).get(name)
            found = {**(target if isinstance(target, Mapping) else {"type": "object"}), **found}
            rest = {one: value for one, value in definitions.get(kind, {}).items() if one != name}
            definitions = {**definitions, kind: rest}
        branches = next((found.pop(key) for key in _BRANCHES if found.get(key)), ())
        chosen = next((one for one in branches if isinstance(one, Mapping) and one.get("type") != "null"), {})
        found = {**chosen, **found}
        if "$ref" not in found and not any(found.get(key) for key in _BRANCHES):
            break
    if isinstance(found.get("items"), Mapping):
        found["items"] = _plain(found["items"], definitions)
    if "const" in found and not found.get("enum"):
        found["enum"] = [found["const"]]
    return {**found, **definitions} if found.get("properties") else found


def schema_type(schema: Mapping[str, Any]) -> str:
    """The JSON type of a schema; see `Parameter.type`."""
    shape = "object" if schema.get("properties") else "array" if schema.get("items") else "string"
    kind = schema.get("type", shape)
    if isinstance(kind, (list, tuple)):
        kind = next((one for one in kind if one != "null"), "string")
    names = {"int": "integer", "float": "number", "double": "number", "dict": "object", "str": "string"}
    names |= {"bool": "boolean", "list": "array", "tuple": "array", "any": "string", "long": "integer"}
    return names.get(str(kind).lower(), str(kind).lower())


def parameters(function: Mapping[str, Any]) -> Iterator[Parameter]:
    """The parameters of a tool: a JSON Schema function {"name", "description", "parameters"}.

    References inside the schema are followed; of alternatives (`anyOf`, `oneOf`) the first that isn't null
    counts.
    """
    schema = function.get("parameters") or {}
    definitions = {key: schema[key] for key in _DEFINITIONS if isinstance(schema.get(key), Mapping)}
    required = set(schema.get("required") or ())
    for name, one in (schema.get("properties") or {}).items():
        yield Parameter(
            name,
            _plain(one if isinstance(one, Mapping) else {}, definitions),
            name in required,
            str(function["name"]),
            str(function.get("description") or ""),
        )


def words(name: str) -> str:
    """A name as words: `getUserID`, `get_user_id` and `get.user-id` are "get user id"."""
    return " ".join(_BETWEEN.split(_CAMEL.sub(" ", name))).strip().lower()


@dataclass(frozen=True)
class Question:
    """A parameter in words, and where in them each option begins.

    Attributes:
        text: The words.
        options: First character of each option, in the order of `Parameter.options`.
    """

    text: str
    options: tuple[int, ...]


def question(parameter: Parameter) -> Question:
    """Put a parameter into words; options come first, so that they are cut off last."""
    at, places, parts = 0, [], []
    for option in parameter.options:
        shown = option_text(option)
        places.append(at)
        parts.append(shown)
        at += len(shown) + len(_SEPARATOR)
    start = _SEPARATOR.join(parts)
    kind = _TYPES.get(parameter.type, parameter.type)
    about = _short(str(parameter.schema.get("description") or ""))
    tail = f"{words(parameter.name)}: {about} ({kind}) {words(parameter.tool)}: {_short(parameter.purpose)}"
    return Question(f"{start} ? {tail}" if parts else tail, tuple(places))


def option_text(option: Any) -> str:
    """An option in words."""
    if isinstance(option, bool):
        return "true" if option else "false"
    return words(str(option)) or str(option)


def tool_text(function: Mapping[str, Any]) -> str:
    """A tool in words: name, description, and what its parameters are called."""
    names = ", ".join(words(parameter.name) for parameter in parameters(function))
    return f"{words(str(function['name']))}: {_short(str(function.get('description') or ''))} ({names})"


@dataclass(frozen=True)
class Conversation:
    """Turns as one text.

    Attributes:
        text: All turns; several are told apart by who speaks.
        starts: Where each turn's own words begin in `text`.
    """

    text: str
    starts: tuple[int, ...]


def conversation(turns: Sequence[tuple[str, str]]) -> Conversation:
    """Join turns of (role, text)."""
    if len(turns) == 1:
        return Conversation(turns[0][1], (0,))
    text, starts = "", []
    for role, said in turns:
        text += f"{role}: "
        starts.append(len(text))
        text += f"{said}\n"
    return Conversation(text, tuple(starts))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _DESCRIPTION else text[:_DESCRIPTION].rsplit(" ", 1)[0]
