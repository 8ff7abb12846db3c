"""From the words that stand for an argument to its value, of the type that the schema asks for.

Contract: what is returned satisfies the schema's type; None says that these words can't be such a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from models.encoders.dates import as_asked
from models.encoders.numbers import parse_number
from models.encoders.parameters import parameters, schema_type

_EDGES = " \t\n\"'“”‘’`,;:!?"
_FRACTION = re.compile(
    r"\bdecimal\b|\bfraction\b|between 0 and 1\b|\b0(?:\.0)? to 1\b|from 0 to 1\b|\b0\.\d+\b|\bprobability\b",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"\s*(?:,\s*and\s+|,\s*or\s+|,|;|\band\b|\bor\b|&)\s*", re.IGNORECASE)
_NUMBERS = re.compile(r"[-−]?\d+(?:,\d{3})*(?:\.\d+)?%?")


def value(text: str, schema: Mapping[str, Any]) -> Any:
    """The value that these words stand for.

    Args:
        text: A span of what was said.
        schema: The parameter's JSON Schema.
    """
    kind, about = schema_type(schema), str(schema.get("description") or "")
    if kind in ("integer", "number"):
        return _number(text, kind, about)
    if kind == "boolean":
        return None
    if kind == "array":
        return elements([text], schema) or None
    words = text.strip().strip(_EDGES).removesuffix("'s").removesuffix("’s")
    words = words.rstrip(".") if not re.search(r"\b\w\.\w\.$", words) else words
    return as_asked(words, about) if words else None


def elements(texts: list[str], schema: Mapping[str, Any]) -> list[Any]:
    """The elements that these words stand for; several in one text ("1, 2 and 3") are taken apart."""
    items = schema.get("items")
    items = items if isinstance(items, Mapping) else {}
    about = {"description": str(items.get("description") or schema.get("description") or "")}
    one = {**items, **about}
    kind = schema_type(one) if "type" in items else "string"
    found: list[Any] = []
    for text in texts:
        if kind in ("integer", "number"):
            parts = [part[0] for part in _NUMBERS.finditer(_spaced(text))] or [text]
        elif kind == "array":
            parts = [text]
        else:
            parts = [part for part in _SEPARATORS.split(text) if part.strip(_EDGES)]
        for part in parts:
            made = value(part, {**one, "type": kind})
            if made is not None:
                found.append(made)
    return found


def _spaced(text: str) -> str:
    """Lists written without spaces ("1,2,3") are no thousands: "100,200" is one only by its look."""
    return re.sub(r"(?<=\d),(?=\d{1,2}(?!\d))|(?<=\d),(?=\d{4,})", ", ", text)


def _number(text: str, kind: str, about: str) -> int | float | None:
    parsed = parse_number(text)
    if parsed is None:
        return None
    number, percent = parsed
    if percent and (_FRACTION.search(about) or (kind == "number" and not re.search(r"percent|%", about))):
        number = round(number / 100, 12)
    if kind == "number":
        return number
    return round(number) if abs(number - round(number)) < 1e-9 else None


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
        found = dict(given) if isinstance(given, Mapping) else {}
        for part in parameters({"name": "", "parameters": schema}):
            if part.required or part.name in found:
                found[part.name] = found.get(part.name, None)
                if found[part.name] is None or schema_type(part.schema) == "object":
                    found[part.name] = plainest(part.schema, found[part.name])
        return found
    return None if kind == "null" else "?" * int(schema.get("minLength") or 0)


def _near_zero(schema: Mapping[str, Any], kind: str) -> int | float:
    low, high = schema.get("minimum"), schema.get("maximum")
    step = 1 if kind == "integer" else 0.5
    if schema.get("exclusiveMinimum") is not None:
        low = schema["exclusiveMinimum"] + step
    if schema.get("exclusiveMaximum") is not None:
        high = schema["exclusiveMaximum"] - step
    value = 0 if low is None else max(0, low)
    return value if high is None else min(value, high)
