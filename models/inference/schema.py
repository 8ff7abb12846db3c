"""Bounding JSON schemas so that a model that wanders still comes to an end.

An unbounded string, number, list or object lets a small model run to its token limit and leaves broken JSON.
`bounded` tightens a schema wherever it sets no limit of its own; whatever satisfies the result satisfies the
original.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

JsonSchema = dict[str, Any]

# What a schema may hold without saying anything about the value.
_ANNOTATIONS = frozenset(
    {
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "$comment",
        "$schema",
    }
)
_DEFINITIONS = ("$defs", "definitions")
_ONE_SCHEMA = ("items", "additionalItems", "contains", "not", "if", "then", "else")
_LIST_OF_SCHEMAS = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED_SCHEMAS = ("properties", "patternProperties", *_DEFINITIONS)
_SCALARS = ["string", "integer", "number", "boolean", "null"]
_NAME_PATTERN = "^[A-Za-z_][A-Za-z0-9_ -]{0,31}$"


def bounded(
    schema: Mapping[str, Any],
    *,
    max_string: int = 200,
    max_integer_digits: int = 9,
    max_items: int = 16,
    max_properties: int = 8,
) -> JsonSchema:
    """A copy of a JSON schema in which nothing is endless, at any depth, `$defs` included.

    Strings get `maxLength`; integers and numbers a range, numbers at most four decimals; lists `maxItems`;
    objects with stated properties take no others, and free-form objects take a few short names. A value of
    any type becomes a scalar. Limits that the schema states itself stay, also where they are wider.

    Args:
        schema: The schema; not changed.
        max_string: Most characters of a string that has no `maxLength`.
        max_integer_digits: Most digits before the decimal point of a number without a range.
        max_items: Most entries of a list that has no `maxItems`.
        max_properties: Most properties of an object without stated ones.

    Returns:
        The bounded schema.
    """
    limits = _Limits(max_string, 10**max_integer_digits - 1, max_items, max_properties, closing=True)
    # The branches of `allOf` must all hold: to close one would forbid what another one asks for.
    if _mentions(schema, "allOf"):
        limits = _Limits(max_string, limits.number, max_items, max_properties, closing=False)
    result = limits.bound(copy.deepcopy(dict(schema)))
    assert isinstance(result, dict)
    return result


@dataclass(frozen=True)
class _Limits:
    string: int
    number: int
    items: int
    properties: int
    closing: bool

    def bound(self, schema: Any) -> Any:
        """Bound one schema and those inside it; anything but an object schema stays as it is."""
        if schema is True:
            schema = {}
        if not isinstance(schema, dict):
            return schema
        if not set(schema) - _ANNOTATIONS - set(_DEFINITIONS):
            schema["type"] = list(_SCALARS)
        for key in _ONE_SCHEMA:
            if key in schema:
                schema[key] = self.bound(schema[key])
        for key in _LIST_OF_SCHEMAS:
            if isinstance(schema.get(key), list):
                schema[key] = [self.bound(part) for part in schema[key]]
        for key in _NAMED_SCHEMAS:
            if isinstance(schema.get(key), dict):
                schema[key] = {name: self.bound(part) for name, part in schema[key].items()}
        if isinstance(schema.get("additionalProperties"), dict):
            schema["additionalProperties"] = self.bound(schema["additionalProperties"])
        if "enum" in schema or "const" in schema:
            return schema
        kinds = _kinds(schema)
        if "string" in kinds:
            schema.setdefault("maxLength", max(self.string, schema.get("minLength", 0)))
        if "integer" in kinds or "number" in kinds:
            self._bound_number(schema, kinds)
        if "array" in kinds:
            self._bound_array(schema)
        if "object" in kinds and self.closing:
            self._bound_object(schema)
        return schema

    def _bound_number(self, schema: JsonSchema, kinds: frozenset[str]) -> None:
        low = max(_numbers(schema, "minimum", "exclusiveMinimum"), default=None)
        high = min(_numbers(schema, "maximum", "exclusiveMaximum"), default=None)
        if low is None:
            schema["minimum"] = -self.number if high is None else min(-self.number, int(high) - self.number)
        if high is None:
            schema["maximum"] = self.number if low is None else max(self.number, int(low) + self.number)
        if "number" in kinds:  # a range alone leaves endless decimals
            schema.setdefault("multipleOf", 0.0001)

    def _bound_array(self, schema: JsonSchema) -> None:
        schema.setdefault("maxItems", max(self.items, schema.get("minItems", 0)))
        if "prefixItems" not in schema:
            schema.setdefault("items", self.bound({}))
        elif schema.get("items") is None:
            schema["items"] = False

    def _bound_object(self, schema: JsonSchema) -> None:
        if any(key in schema for key in ("$ref", "anyOf", "oneOf")):
            return  # the properties may be stated over there
        stated = schema.get("properties")
        others = schema.get("additionalProperties", True)
        required = schema.get("required", [])
        if stated or required:
            if others is True and "patternProperties" not in schema:
                missing = {name: self.bound({}) for name in required if name not in (stated or {})}
                schema["properties"] = {**(stated or {}), **missing}
                schema["additionalProperties"] = False
        elif others is not False and "patternProperties" not in schema:
            schema["patternProperties"] = {_NAME_PATTERN: self.bound({}) if others is True else others}
            schema["additionalProperties"] = False
        if schema.get("additionalProperties") is not False or "patternProperties" in schema:
            named = len(schema.get("properties", ()))
            schema.setdefault("maxProperties", max(self.properties + named, schema.get("minProperties", 0)))


def _kinds(schema: JsonSchema) -> frozenset[str]:
    """The types that a schema names, or that its keywords speak of."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return frozenset({kind})
    if isinstance(kind, list):
        return frozenset(kind)
    found = set()
    if "pattern" in schema or "format" in schema or "minLength" in schema:
        found.add("string")
    if "properties" in schema:
        found.add("object")
    return frozenset(found)


def _numbers(schema: JsonSchema, *keys: str) -> list[float]:
    # `exclusiveMinimum: true` of an old draft is no number.
    found = (schema.get(key) for key in keys)
    return [value for value in found if isinstance(value, int | float) and not isinstance(value, bool)]


def _mentions(value: Any, key: str) -> bool:
    if isinstance(value, Mapping):
        return key in value or any(_mentions(part, key) for part in value.values())
    return isinstance(value, list) and any(_mentions(part, key) for part in value)
