"""A tool as JSON Schema: one of its names in one of the styles of naming, one wording of each description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from finetune.data.calls.generated.forms import Form
from finetune.data.calls.generated.functions import Function, Param


@dataclass(frozen=True)
class Made:
    """A tool as it is offered in one example.

    Attributes:
        function: Which tool.
        schema: {"name", "description", "parameters"}.
        names: The name of each slot's parameter.
        forms: The form of each slot's values.
    """

    function: Function
    schema: Mapping[str, Any]
    names: Mapping[str, str]
    forms: Mapping[str, Form]


def make(function: Function, rng: Random) -> Made:
    """One schema of a tool."""
    camel = rng.random() < 0.2
    names: dict[str, str] = {}
    forms: dict[str, Form] = {}
    properties: dict[str, dict[str, Any]] = {}
    required: list[str] = []
    described = rng.random()
    for slot, param in function.params.items():
        form = param.kind(rng)
        name = _join(_one(rng, param.names), camel)
        if name in properties:
            name = _join(param.names[0], camel)
        names[slot], forms[slot] = name, form
        properties[name] = _property(param, form, described, rng)
        if param.required:
            required.append(name)
    if rng.random() < 0.15:
        order = list(properties)
        rng.shuffle(order)
        properties = {name: properties[name] for name in order}
    schema = {
        "name": _tool_name(function, camel, rng),
        "description": _one(rng, function.about),
        "parameters": {"type": "object", "properties": properties, "required": required},
    }
    return Made(function, schema, names, forms)


def _property(param: Param, form: Form, described: float, rng: Random) -> dict[str, Any]:
    made = dict(form.schema)
    about = _one(rng, param.about)
    if not about.endswith((".", "?", ")")):
        about += "."
    parts = [about]
    if form.tail:
        parts.append(form.tail)
    default = _fitting(param.default, made)
    chance = rng.random()
    if default is not None and chance < 0.65:
        parts.append(_one(rng, _DEFAULTS).format(repr(default) if isinstance(default, str) else default))
    elif not param.required and chance < 0.85:
        if rng.random() < 0.5:
            parts.append("Optional.")
        else:
            parts = ["Optional.", *parts]
    if default is not None and 0.5 < chance < 0.9:
        made["default"] = default
    text = " ".join(parts)
    made["description"] = text.rstrip(".") if described < 0.25 else text
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
    words = _one(rng, function.names)
    chance = rng.random()
    if "." not in words and chance < 0.15:
        words = f"{function.domain}.{words}"
    elif "." in words and chance < 0.3:
        words = words.replace(".", " ")
    elif "." not in words and chance > 0.92:
        words = f"{_one(rng, _VERBS)} {words}"
    parts = [_join(part, camel) for part in words.split(".")]
    if camel and chance > 0.6:
        parts[-1] = parts[-1][0].upper() + parts[-1][1:]
    return ".".join(parts)


def _join(words: str, camel: bool) -> str:
    parts = words.replace("-", " ").replace("'", "").split()
    if not camel:
        return "_".join(parts)
    return parts[0] + "".join(part[0].upper() + part[1:] for part in parts[1:])


def _one(rng: Random, of: tuple[str, ...]) -> str:
    return of[int(rng.random() * len(of))]


_VERBS = ("get", "run", "do", "api", "tool", "handle", "my")
_DEFAULTS = (
    "Default is {}.",
    "Defaults to {}.",
    "(default: {})",
    "Optional, default {}.",
    "If not given, {} is used.",
    "Default: {}",
    "Optional. The default is {}.",
    "By default {}.",
)
