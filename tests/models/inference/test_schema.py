import copy
import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.inference.grammar import Grammar
from models.inference.schema import bounded

LEAVES = st.sampled_from(
    [
        {},
        True,
        {"title": "T"},
        {"type": "string"},
        {"type": "string", "minLength": 300},
        {"type": "integer"},
        {"type": "integer", "minimum": 10**15},
        {"type": "integer", "maximum": -(10**15)},
        {"type": "number", "exclusiveMinimum": 2},
        {"type": ["string", "null"]},
        {"type": "boolean"},
        {"enum": [1, "a"]},
        {"const": None},
        {"type": "object"},
        {"type": "array"},
    ]
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        st.builds(lambda parts: {"anyOf": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(
            lambda properties, required: {"type": "object", "properties": properties, "required": required},
            st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            st.lists(st.sampled_from("abcd"), unique=True, max_size=2),
        ),
        st.builds(lambda other: {"type": "object", "additionalProperties": other}, inner),
    ),
    max_leaves=6,
).filter(lambda schema: isinstance(schema, dict))

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1e6, 1e6) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)


@given(SCHEMAS, VALUES)
def test_what_satisfies_the_bounded_schema_satisfies_the_schema(schema: dict, value: object) -> None:
    before = copy.deepcopy(schema)
    tight = jsonschema.Draft202012Validator(bounded(schema))
    if tight.is_valid(value):
        jsonschema.validate(value, schema)
    assert schema == before


@given(SCHEMAS)
def test_bounded_schemas_are_valid_and_compile(schema: dict) -> None:
    tight = bounded(schema)
    jsonschema.Draft202012Validator.check_schema(tight)
    Grammar.from_json_schema(tight)


@given(SCHEMAS)
def test_bounding_twice_changes_nothing(schema: dict) -> None:
    once = bounded(schema)
    assert bounded(once) == once


@pytest.mark.parametrize(
    ("schema", "endless"),
    [
        ({"type": "string"}, "a" * 21),
        ({"type": "string", "pattern": "^a+$"}, "a" * 21),
        ({"type": "integer"}, 10**4),
        ({"type": "integer", "minimum": 0}, 10**4),
        ({"type": "integer", "maximum": 0}, -(10**4)),
        ({"type": "number"}, 0.12345),
        ({"type": "array"}, [1] * 5),
        ({"type": "array", "items": {"type": "string"}}, ["a" * 21]),
        ({"type": "object"}, dict.fromkeys("abcdefg", 1)),
        ({"type": "object"}, {"a" * 40: 1}),
        ({"type": "object", "properties": {"a": {}}}, {"other": 1}),
        ({}, {"a": 1}),
        ({}, "a" * 21),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "a" * 21),
        ({"$defs": {"S": {"type": "string"}}, "$ref": "#/$defs/S"}, "a" * 21),
        (
            {
                "type": "object",
                "properties": {"p": {"type": "object", "additionalProperties": {"type": "string"}}},
            },
            {"p": {"a": "b" * 21}},
        ),
    ],
)
def test_endless_values_are_excluded_at_any_depth(schema: dict, endless: object) -> None:
    jsonschema.validate(endless, schema)
    tight = bounded(schema, max_string=20, max_integer_digits=3, max_items=4, max_properties=6)
    assert not jsonschema.Draft202012Validator(tight).is_valid(endless), json.dumps(tight)


def test_the_schemas_own_limits_stay() -> None:
    schema = {
        "type": "object",
        "properties": {
            "text": {"type": "string", "maxLength": 5000},
            "count": {"type": "integer", "minimum": 0, "maximum": 10**12},
            "list": {"type": "array", "items": {"type": "boolean"}, "maxItems": 100},
        },
        "additionalProperties": False,
    }
    assert bounded(schema) == schema


def test_names_of_properties_are_not_taken_for_keywords() -> None:
    schema = {"type": "object", "properties": {"items": {"type": "string"}, "enum": {"type": "integer"}}}
    tight = bounded(schema)
    assert tight["properties"]["items"]["maxLength"] == 200
    assert tight["properties"]["enum"]["maximum"] == 999_999_999


def test_values_given_as_examples_are_left_alone() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "default": {"type": "string"}}}}
    assert bounded(schema)["properties"]["a"]["default"] == {"type": "string"}
