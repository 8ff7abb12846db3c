"""BFCL's function descriptions as tools with JSON Schemas, as every provider takes them.

Contract: `dict` becomes `object`, `float` `number`, `tuple` `array`, and `any` `string`, since that is what
the matching expects (`evals.metrics.accepted`). Names are made of the characters that providers allow; two
that would become one are numbered. Enumerations and defaults stay; an enumeration whose values aren't of the
stated type is kept without the type. What JSON Schema doesn't know (`optional`) is left out. Descriptions in
JSON Schema go through as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evals.metrics.tool_calls import safe_name

Schema = dict[str, Any]
_TYPES = {
    "dict": "object",
    "float": "number",
    "double": "number",
    "tuple": "array",
    "list": "array",
    "any": "string",
    "bool": "boolean",
}
_KNOWN = {"object", "number", "integer", "string", "boolean", "array", "null"}
_PYTHON: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}
_LONGEST_NAME = 64


def offered(functions: Sequence[Mapping[str, Any]]) -> tuple[list[Schema], dict[str, str]]:
    """Converts functions to OpenAI-style tools.

    Args:
        functions: ``{"name", "description", "parameters"}`` each.

    Returns:
        The tools, and for the name of each the function's own.
    """
    tools: list[Schema] = []
    names: dict[str, str] = {}
    for function in functions:
        name = _unused(safe_name(function["name"])[:_LONGEST_NAME], names)
        names[name] = function["name"]
        described = {
            "name": name,
            "description": str(function.get("description") or ""),
            "parameters": to_schema(function.get("parameters") or {"type": "object"}),
        }
        tools.append({"type": "function", "function": described})
    return tools, names


def to_schema(described: Mapping[str, Any]) -> Schema:
    """Converts one description of a value, and all inside it."""
    schema: Schema = {}
    for key, value in described.items():
        if key == "type":
            kind = _TYPES.get(value, value) if isinstance(value, str) else value
            if not isinstance(kind, str) or kind in _KNOWN:
                schema["type"] = kind
        elif key == "properties":
            schema["properties"] = {name: to_schema(part) for name, part in (value or {}).items()}
        elif key in ("items", "additionalProperties") and isinstance(value, Mapping):
            schema[key] = to_schema(value)
        elif key == "required" and not isinstance(value, list):
            continue
        elif key != "optional":
            schema[key] = value
    kind = schema.get("type")
    wanted = _PYTHON.get(kind) if isinstance(kind, str) else None
    if wanted and not all(_is(value, wanted) for value in schema.get("enum", ())):
        del schema["type"]
    if schema.get("type") == "object":
        schema.setdefault("properties", {})
    return schema


def _is(value: Any, wanted: type | tuple[type, ...]) -> bool:
    return isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))


def _unused(name: str, taken: Mapping[str, str]) -> str:
    found, number = name, 2
    while found in taken:
        found, number = f"{name[: _LONGEST_NAME - 4]}_{number}", number + 1
    return found
