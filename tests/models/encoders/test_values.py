"""Words become values that satisfy their schemas."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encoders.values import elements, value

KINDS = [
    {"type": "integer"},
    {"type": "integer", "minimum": 2, "maximum": 9},
    {"type": "number", "exclusiveMinimum": 0},
    {"type": "number", "description": "Share, from 0 to 1."},
    {"type": "string"},
    {"type": "string", "pattern": "^[a-z]+$", "minLength": 2, "maxLength": 5},
    {"type": "string", "enum": ["red", "dark_blue"]},
    {"type": "array", "items": {"type": "integer"}},
    {"type": "array", "items": {"type": "string", "enum": ["red", "dark_blue"]}, "maxItems": 1},
    {"type": "array", "items": {"type": "string"}},
    {"type": "object"},
    {"type": "boolean"},
]


@given(st.text(max_size=40), st.sampled_from(KINDS))
def test_whatever_is_made_satisfies_the_schema(text: str, schema: dict[str, Any]) -> None:
    made = value(text, schema, text)
    if made is not None:
        jsonschema.validate(made, schema)


@given(st.integers(-(10**9), 10**9))
def test_whole_numbers_stay_whole(number: int) -> None:
    assert value(str(number), {"type": "integer"}) == number
    made = value(f"{number:,}", {"type": "number"})
    assert made == number
    assert isinstance(made, float)


@given(
    st.lists(st.integers(-999, 999), min_size=1, max_size=6), st.sampled_from([", ", " and ", ";", " or "])
)
def test_lists_of_numbers_are_taken_apart(numbers: list[int], between: str) -> None:
    schema = {"type": "array", "items": {"type": "integer"}}
    assert value(between.join(map(str, numbers)), schema) == numbers


@given(
    st.lists(st.from_regex(r"[b-y]{2,9}", fullmatch=True).filter(lambda w: w != "or"), min_size=1, max_size=5)
)
def test_lists_of_words_are_taken_apart(words: list[str]) -> None:
    *before, last = words
    said = f"{', '.join(before)} and {last}" if before else last
    assert elements([said], {"type": "array", "items": {"type": "string"}}) == words


@pytest.mark.parametrize(
    ("said", "schema", "made"),
    [
        ("2.5", {"type": "integer"}, None),
        ("1,2,3", {"type": "array", "items": {"type": "integer"}}, [1, 2, 3]),
        ("5%", {"type": "number", "description": "Interest as a decimal."}, 0.05),
        ("5%", {"type": "number", "description": "Interest in percent."}, 5.0),
        ("5%", {"type": "integer", "description": "Interest."}, 5),
        (
            "40% and 60%",
            {"type": "array", "items": {"type": "number"}, "description": "sum to 1"},
            [0.4, 0.6],
        ),
        ("300K", {"type": "integer", "description": "Temperature in Kelvin."}, 300),
        ("300k", {"type": "integer", "description": "Price."}, 300_000),
        ("118.2 W", {"type": "number", "description": "The longitude."}, -118.2),
        (
            "33.4 N, 112.0 W",
            {"type": "array", "items": {"type": "number"}, "description": "Coordinates."},
            [33.4, -112.0],
        ),
        ("3 minutes", {"type": "integer", "description": "Length in seconds."}, 180),
        ("quarterly", {"type": "integer", "description": "How often it's compounded per year."}, 4),
        ("ironing", {"type": "integer", "description": "1 for cleaning, 2 for ironing."}, 2),
        ('"Hello there!"', {"type": "string"}, "Hello there!"),
        ("Paris?", {"type": "string"}, "Paris"),
        ("What is your name?", {"type": "string"}, "What is your name?"),
        ("McDonald's", {"type": "string"}, "McDonald's"),
        ("the U.S.", {"type": "string"}, "the U.S."),
        (" . ", {"type": "string"}, None),
        ("living rooms", {"type": "string", "description": "e.g. living room, bathroom"}, "living room"),
        ("C#", {"type": "string", "description": "e.g., 'C', 'F#'"}, "C#"),
        ("toll roads", {"type": "string", "enum": ["tolls", "highways"]}, "tolls"),
        ("boats", {"type": "string", "enum": ["tolls", "highways"]}, None),
        ("3 June 2024", {"type": "string", "format": "date"}, "2024-06-03"),
        (
            "S&P 500 and the Dow Jones",
            {"type": "array", "items": {"type": "string"}},
            ["S&P 500", "Dow Jones"],
        ),
        ("'a, b' and 'c'", {"type": "array", "items": {"type": "string"}}, ["a, b", "c"]),
        ("price and prices", {"type": "array", "items": {"enum": ["price", "rating"]}}, ["price"]),
        ('{"a": 1}', {"type": "object"}, {"a": 1}),
        ("a is one", {"type": "object"}, None),
        ("yes", {"type": "boolean"}, None),
        ("yes", {"type": "null"}, None),
        ("12", {"type": "integer", "maximum": 10}, None),
        ("ab", {"type": "string", "pattern": "("}, "ab"),
        ("", {"type": "array", "items": {"type": "string"}}, None),
    ],
)
def test_values_of_their_schemas(said: str, schema: dict[str, Any], made: Any) -> None:
    found = value(said, schema)
    assert found == made
    assert type(found) is type(made)
