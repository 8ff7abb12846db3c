"""The plainest value satisfies its schema."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from models.encoders.plainest import plainest


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": "string"}, ""),
        ({"type": "string", "minLength": 2}, "??"),
        ({"type": "integer", "minimum": 3}, 3),
        ({"type": "integer", "exclusiveMaximum": -5}, -6),
        ({"type": "number", "exclusiveMinimum": 0}, 0.5),
        ({"type": "boolean"}, False),
        ({"type": "null"}, None),
        ({"enum": ["b", "a"]}, "b"),
        ({"type": "integer", "default": 7}, 7),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [0, 0]),
        (
            {
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
                "required": ["a"],
            },
            {"a": 0},
        ),
    ],
)
def test_values_from_nothing(schema: dict[str, Any], made: Any) -> None:
    assert plainest(schema) == made
    jsonschema.validate(made, schema)


def test_what_there_is_of_an_object_stays() -> None:
    inner = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
    schema = {"type": "object", "properties": {"a": inner, "b": {"type": "string"}}, "required": ["a", "b"]}
    assert plainest(schema, {"b": "kept", "a": {}}) == {"b": "kept", "a": {"x": 0}}
