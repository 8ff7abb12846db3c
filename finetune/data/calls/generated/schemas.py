"""A tool as JSON Schema: one of its names in one of the styles of naming, one wording of each description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from finetune.data.calls.generated import wordings
from finetune.data.calls.generated.forms import Form, pick
from finetune.data.calls.generated.functions import Function, Param, extras


@dataclass(frozen=True)
class Made:
    """A tool as it is offered in one example.

    Attributes:
        function: Which tool.
        schema: {"name", "description", "parameters"}.
        names: The name of each slot's parameter; those that the schema lacks are missing.
        forms: The form of each slot's values.
    """

    function: Function
    schema: Mapping[str, Any]
    names: Mapping[str, str]
    forms: Mapping[str, Form]


def make(function: Function, rng: Random) -> Made:
    """One schema of a tool.

    Now and then it has optional parameters that many tools have, or lacks one that users may mention.
    """
    if rng.random() < _EXTRA:
        function = _with_extras(function, rng)
    camel = rng.random() < 0.2
    names: dict[str, str] = {}
    forms: dict[str, Form] = {}
    properties: dict[str, dict[str, Any]] = {}
    required: list[str] = []
    closed = rng.random() < 0.25
    lacks = _lacks(function, rng)
    for slot, param in function.params.items():
        form = forms[slot] = param.kind(rng)
        if slot == lacks:
            continue
        name = _join(pick(rng, param.names), camel)
        if name in properties:
            name = _join(param.names[0], camel)
        names[slot] = name
        properties[name] = _property(param, form, rng)
        if closed:
            properties[name]["description"] = properties[name]["description"].rstrip(".")
        if param.required:
            required.append(name)
    if rng.random() < 0.15:
        order = list(properties)
        rng.shuffle(order)
        properties = {name: properties[name] for name in order}
    schema = {
        "name": _tool_name(function, camel, rng),
        "description": wordings.tool(function, names, rng),
        "parameters": {"type": "object", "properties": properties, "required": required},
    }
    return Made(function, schema, names, forms)


def _with_extras(function: Function, rng: Random) -> Function:
    own = {word for param in function.params.values() for name in param.names for word in name.split(" ")}
    params = dict(function.params)
    for _ in range(rng.choice((1, 1, 2))):
        extra = pick(rng, extras())
        if own.isdisjoint(word for name in extra.names for word in name.split(" ")):
            params.setdefault(extra.slot, extra)
    return replace(function, params=params)


def _lacks(function: Function, rng: Random) -> str | None:
    optional = [slot for slot, param in function.params.items() if not param.required]
    return rng.choice(optional) if len(optional) > 1 and rng.random() < _LACKING else None


def _property(param: Param, form: Form, rng: Random) -> dict[str, Any]:
    made = dict(form.schema)
    default = _fitting(param.default, made)
    chance = rng.random()
    made["description"] = wordings.parameter(param, form, default if chance < 0.65 else None, rng)
    if default is not None and 0.5 < chance < 0.9:
        made["default"] = default
    return made


def _fitting(default: Any, schema: Mapping[str, Any]) -> Any:
    """The default in the schema's type and among its choices; None where it doesn't fit."""
    if default is None:
        return None
    if "enum" in schema:
        return next((one for one in schema["enum"] if one.lower() == str(default).lower()), None)
    kinds = {str: ("string",), bool: ("boolean",), int: ("integer", "number"), float: ("number",)}
    return default if schema["type"] in kinds[type(default)] else None


def _tool_name(function: Function, camel: bool, rng: Random) -> str:
    words = pick(rng, function.names)
    chance = rng.random()
    if "." not in words and chance < 0.15:
        words = f"{function.domain}.{words}"
    elif "." in words and chance < 0.3:
        words = words.replace(".", " ")
    elif "." not in words and chance > 0.92:
        words = f"{pick(rng, _VERBS)} {words}"
    parts = [_join(part, camel) for part in words.split(".")]
    if camel and chance > 0.6:
        parts[-1] = parts[-1][0].upper() + parts[-1][1:]
    return ".".join(parts)


def _join(words: str, camel: bool) -> str:
    parts = words.replace("-", " ").replace("'", "").split()
    if not camel:
        return "_".join(parts)
    return parts[0] + "".join(part[0].upper() + part[1:] for part in parts[1:])


_EXTRA = 0.2
"""Chance of parameters that many tools have."""
_LACKING = 0.1
"""Chance that an optional parameter is left off."""
_VERBS = ("get", "run", "do", "api", "tool", "handle", "my")
