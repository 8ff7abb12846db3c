"""Schemas of tools in words, and a conversation as one text."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from models.encoders.parameters import (
    LIST,
    OPTIONS,
    SPAN,
    conversation,
    option_text,
    parameters,
    question,
    schema_type,
    tool_text,
    words,
)


def function(model: type[BaseModel]) -> dict[str, Any]:
    return {"name": "doIt", "description": "Do it.", "parameters": model.model_json_schema()}


class Part(BaseModel):
    size: int
    inner: Part | None = None


class Whole(BaseModel):
    plain: str
    maybe: int | None = None
    kind: Literal["p", "q"] | None = None
    fixed: Literal["z"] = "z"
    flag: bool = False
    part: Part
    parts: list[Part] = []
    tags: list[str] = []


def test_references_and_alternatives_are_followed() -> None:
    found = {one.name: one for one in parameters(function(Whole))}
    kinds = {name: (one.type, one.way) for name, one in found.items()}
    assert kinds == {
        "plain": ("string", SPAN),
        "maybe": ("integer", SPAN),
        "kind": ("string", OPTIONS),
        "fixed": ("string", OPTIONS),
        "flag": ("boolean", OPTIONS),
        "part": ("object", SPAN),
        "parts": ("array", LIST),
        "tags": ("array", LIST),
    }
    assert found["kind"].options == ("p", "q")
    assert found["fixed"].options == ("z",)
    assert found["flag"].options == (True, False)
    assert [name for name, one in found.items() if one.required] == ["plain", "part"]
    assert schema_type(found["parts"].schema["items"]) == "object"


def test_a_schema_that_refers_to_itself_has_an_end() -> None:
    (part,) = [one for one in parameters(function(Whole)) if one.name == "part"]
    depth = 0
    inside = part
    while inside.schema.get("properties"):
        inner = parameters({"name": "", "parameters": inside.schema})
        inside = next(one for one in inner if one.name == "inner")
        depth += 1
    assert depth == 1
    assert inside.type == "object"


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({}, "string"),
        ({"type": ["null", "integer"]}, "integer"),
        ({"type": "dict"}, "object"),
        ({"type": "float"}, "number"),
        ({"properties": {"a": {}}}, "object"),
        ({"items": {"type": "string"}}, "array"),
    ],
)
def test_types_of_other_notations_have_json_names(schema: dict[str, Any], kind: str) -> None:
    assert schema_type(schema) == kind


@pytest.mark.parametrize("name", ["getUserID", "get_user_id", "get.user-id", "Get User  ID", "get/user/id"])
def test_names_become_words(name: str) -> None:
    assert words(name) == "get user id"


@given(st.lists(st.text("abcdefgh _-", min_size=1, max_size=12), min_size=1, max_size=8, unique=True))
def test_each_option_stands_where_the_question_says(options: list[str]) -> None:
    schema = {"properties": {"colour": {"type": "string", "enum": options}}}
    (parameter,) = parameters({"name": "paint", "parameters": schema})
    asked = question(parameter)
    assert len(asked.options) == len(options)
    for begin, option in zip(asked.options, options, strict=True):
        assert asked.text[begin:].startswith(option_text(option))


def test_a_long_description_is_cut_between_words_and_its_lines_joined() -> None:
    schema = {"properties": {"x": {"type": "string", "description": "many\nwords " * 100}}}
    (parameter,) = parameters({"name": "f", "parameters": schema})
    text = question(parameter).text
    assert "\n" not in text
    assert len(text) < 300
    assert "many words many" in text
    assert tool_text({"name": "sayIt", "parameters": schema}) == "say it:  (x)"


@given(
    st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(max_size=20)), min_size=1, max_size=5)
)
def test_each_turn_stands_where_the_conversation_says(turns: list[tuple[str, str]]) -> None:
    told = conversation(turns)
    assert len(told.starts) == len(turns)
    for begin, (_, said) in zip(told.starts, turns, strict=True):
        assert told.text[begin:].startswith(said)
