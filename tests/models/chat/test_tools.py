"""Tools, response formats, and what the grammar makes certain."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import wrap_model_call
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.messages import AIMessageChunk
from langchain_core.tools import tool
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from homespun.errors import UsageError
from models.chat.homespun import ChatHomespun
from models.chat.tools import build_grammar, plan


class Trip(BaseModel):
    """Plan a trip."""

    city: str = Field(description="where to")
    days: int = Field(ge=1, le=30)
    kind: Literal["city", "beach"]
    budget: float | None = None


class Note(TypedDict):
    """A note."""

    title: Annotated[str, ..., "title"]
    tags: Annotated[list[str], ..., "tags"]


@tool
def now() -> str:
    """Tell the time."""
    return "noon"


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@pytest.fixture
def model(tiny_model: Path) -> ChatHomespun:
    return ChatHomespun(model=str(tiny_model), temperature=1.0, seed=5)


@pytest.mark.parametrize("seed", range(5))
def test_forced_calls_satisfy_their_schema_whatever_the_weights_say(model: ChatHomespun, seed: int) -> None:
    answer = model.bind_tools([Trip, now], tool_choice="any").invoke("Where to?", seed=seed)
    assert len(answer.tool_calls) == 1
    assert not answer.invalid_tool_calls
    call = answer.tool_calls[0]
    assert call["name"] in {"Trip", "now"}
    if call["name"] == "Trip":
        Trip.model_validate(call["args"])
    assert answer.response_metadata["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("choice", ["Trip", {"type": "function", "function": {"name": "Trip"}}])
def test_a_named_tool_is_called(model: ChatHomespun, choice: Any) -> None:
    answer = model.bind_tools([now, Trip, add], tool_choice=choice).invoke("Hello")
    assert [call["name"] for call in answer.tool_calls] == ["Trip"]


def test_no_call_without_permission(model: ChatHomespun) -> None:
    for choice in ("none", False):
        assert not model.bind_tools([now], tool_choice=choice).invoke("Hello").tool_calls
    answers = [model.bind_tools([now]).invoke("Hello", seed=seed) for seed in range(4)]
    assert all(bool(answer.text) or bool(answer.tool_calls) for answer in answers)


def test_several_calls_only_where_allowed(model: ChatHomespun) -> None:
    bound = model.bind_tools([add], tool_choice="any", parallel_tool_calls=True)
    counts = [len(bound.invoke("Add!", temperature=3.0, seed=seed).tool_calls) for seed in range(12)]
    assert max(counts) > 1
    for bound in (model.bind_tools([add], tool_choice="any"), model.bind_tools([add], tool_choice="add")):
        assert [len(bound.invoke("Add!", temperature=3.0, seed=s).tool_calls) for s in range(12)] == [1] * 12


def test_streamed_calls_equal_whole_ones(model: ChatHomespun) -> None:
    bound = model.bind_tools([Trip, add], tool_choice="any", parallel_tool_calls=True)
    for seed in range(3):
        whole = bound.invoke("Hello", seed=seed, temperature=2.0)
        chunks = list(bound.stream("Hello", seed=seed, temperature=2.0))
        full = chunks[0]
        for chunk in chunks[1:]:
            full = full + chunk
        assert isinstance(full, AIMessageChunk)
        assert len(chunks) > 5
        strip = [(call["name"], call["args"]) for call in whole.tool_calls]
        assert [(call["name"], call["args"]) for call in full.tool_calls] == strip
        names = [part["name"] for chunk in chunks for part in chunk.tool_call_chunks if part["name"]]
        assert names == [name for name, _ in strip]


def test_a_call_that_is_cut_off_is_invalid_and_never_half_a_call(model: ChatHomespun) -> None:
    bound = model.bind_tools([Trip], tool_choice="any")
    for limit in (2, 6, 12, 25):
        whole = bound.invoke("Hello", max_tokens=limit)
        full: Any = None
        for chunk in bound.stream("Hello", max_tokens=limit):
            full = chunk if full is None else full + chunk
        for answer in (whole, full):
            assert not answer.tool_calls
            assert len(answer.invalid_tool_calls) == 1
            assert answer.response_metadata["finish_reason"] == "length"
    assert "cut off" in str(whole.invalid_tool_calls[0]["error"])


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
@pytest.mark.parametrize("strict", [None, True])
def test_structured_output_is_valid_by_every_method(model: ChatHomespun, method: Any, strict: Any) -> None:
    found = model.with_structured_output(Trip, method=method, strict=strict).invoke("Hello")
    assert isinstance(found, Trip)
    note = model.with_structured_output(Note, method=method).invoke("Hello")
    assert set(note) == {"title", "tags"}
    raw = model.with_structured_output(Trip, method=method, include_raw=True).invoke("Hello")
    assert raw["parsed"] == found
    assert raw["parsing_error"] is None
    cut = model.with_structured_output(Trip, method=method, include_raw=True).invoke("Hi", max_tokens=3)  # type: ignore[call-arg]
    assert cut["parsed"] is None or isinstance(cut["parsed"], Trip)


def test_unknown_methods_and_arguments_are_refused(model: ChatHomespun) -> None:
    with pytest.raises(UsageError, match="method"):
        model.with_structured_output(Trip, method="magic")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="colour"):
        model.with_structured_output(Trip, colour=1)


@pytest.mark.parametrize(
    "schema",
    [
        {
            "type": "object",
            "properties": {"at": {"type": "string", "format": "date-time"}},
            "required": ["at"],
        },
        {"type": "object", "properties": {"p": {"type": "string", "format": "path"}}, "required": ["p"]},
        {"type": "object", "additionalProperties": True},
        {"type": "array", "items": {"type": "number"}, "minItems": 2},
        {"$ref": "#/$defs/N", "$defs": {"N": {"type": "object", "properties": {"x": {"enum": [1, None]}}}}},
        {"anyOf": [{"type": "integer"}, {"type": "boolean"}]},
    ],
)
def test_documents_follow_any_enforceable_schema(model: ChatHomespun, schema: dict[str, Any]) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    for seed in range(3):
        text = model.bind_tools([], response_format=form).invoke("Hello", seed=seed).text
        jsonschema.validate(json.loads(text), schema)


def test_json_object_mode_gives_an_object(model: ChatHomespun) -> None:
    text = model.invoke("Hello", response_format={"type": "json_object"}).text
    assert isinstance(json.loads(text), dict)


def test_what_cannot_be_enforced_is_named(model: ChatHomespun) -> None:
    schema = {
        "title": "pick",
        "description": "x",
        "type": "object",
        "properties": {"n": {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}},
    }
    with pytest.raises(UsageError, match=r"pick: .*uniqueItems"):
        model.bind_tools([schema], tool_choice="any").invoke("Hello")


def test_bad_tools_and_choices_are_refused(model: ChatHomespun) -> None:
    with pytest.raises(UsageError, match="names no tool"):
        model.bind_tools([add], tool_choice="subtract")
    with pytest.raises(UsageError, match="no tools"):
        model.bind_tools([], tool_choice="any")
    with pytest.raises(UsageError, match="cannot be read"):
        model.bind_tools([{"nonsense": 1}])
    with pytest.raises(UsageError, match="unknown"):
        plan([], None, {"type": "xml"}, None)

    def other(a: str) -> str:
        """Add."""
        return a

    other.__name__ = "add"
    with pytest.raises(UsageError, match="two different tools"):
        model.bind_tools([add, other])


@pytest.mark.parametrize("strategy", [ToolStrategy, ProviderStrategy])
@pytest.mark.parametrize("tools", [[], [now]])
def test_agents_end_with_a_valid_structured_response(
    model: ChatHomespun, strategy: Any, tools: list[Any]
) -> None:
    seeds = itertools.count()

    # With one seed a model that is nearly indifferent would choose the same tool for ever.
    @wrap_model_call
    def reseed(request: Any, handler: Any) -> Any:
        return handler(request.override(model_settings={"seed": next(seeds)}))

    agent: Any = create_agent(model, tools=tools, response_format=strategy(Trip), middleware=[reseed])
    for _ in range(3):
        state = agent.invoke({"messages": [("human", "Plan a trip.")]}, {"recursion_limit": 60})
        assert isinstance(state["structured_response"], Trip)


async def test_agents_run_async_with_the_strategy_of_the_profile(model: ChatHomespun) -> None:
    agent: Any = create_agent(model, tools=[], response_format=Trip)
    state = await agent.ainvoke({"messages": [("human", "Plan a trip.")]})
    assert isinstance(state["structured_response"], Trip)
    assert json.loads(state["messages"][-1].text)["days"] == state["structured_response"].days


@pytest.mark.parametrize(
    ("calls", "longest", "length"),
    [(0, 0, 40), (2, 0, 75), (1, 0, 150), (1, 300, 300), (2, 290, 290), (1, 5000, 600)],
)
def test_strings_get_their_share_of_the_tokens_or_what_will_be_written(
    calls: int, longest: int, length: int
) -> None:
    weather = {"type": "function", "function": {"name": "weather", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}  # fmt: skip
    grammar = build_grammar(plan([weather], None, None, True), 600, calls=calls, longest=longest)
    assert re.findall(r'"maxLength": (\d+)', grammar.definition) == [str(length)]
