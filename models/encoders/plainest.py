"""The plainest value of a schema: for what must be there and nobody mentioned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.encoders.parameters import parameters, schema_type


def plainest(schema: Mapping[str, Any], given: Any = None) -> Any:
    """A value that satisfies a schema where nothing was said: a default, an option, 0, "" or the like.

    Args:
        schema: The parameter's; constraints that take more than a bound (`pattern`) are not looked at.
        given: What there is of an object already; its parts stay.
    """
    for key in ("default", "const"):
        if schema.get(key) is not None and given is None:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema_type(schema)
    if kind in ("integer", "number"):
        return _near_zero(schema, kind)
    if kind == "boolean":
        return False
    if kind == "array":
        items = schema.get("items")
        return [plainest(items if isinstance(items, Mapping) else {})] * int(schema.get("minItems") or 0)
    if kind == "object":
        return _object(schema, given)
    return None if kind == "null" else "?" * int(schema.get("minLength") or 0)


def _object(schema: Mapping[str, Any], given: Any) -> dict[str, Any]:
    found = dict(given) if isinstance(given, Mapping) else {}
    for part in parameters({"name": "", "parameters": schema}):
        known = found.get(part.name)
        if known is None and part.required:
            found[part.name] = plainest(part.schema)
        elif isinstance(known, Mapping):
            found[part.name] = plainest(part.schema, known)
    return found


def _near_zero(schema: Mapping[str, Any], kind: str) -> int | float:
    low, high = schema.get("minimum"), schema.get("maximum")
    step = 1 if kind == "integer" else 0.5
    if schema.get("exclusiveMinimum") is not None:
        low = schema["exclusiveMinimum"] + step
    if schema.get("exclusiveMaximum") is not None:
        high = schema["exclusiveMaximum"] - step
    value = 0 if low is None else max(0, low)
    return value if high is None else min(value, high)
