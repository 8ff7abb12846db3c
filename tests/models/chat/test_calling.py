"""The caller as a chat model, with adapters that know a few conversations by heart."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel, Field

from homespun.errors import ModelNotFound, UsageError
from models import load_chat_model
from models.chat.calling import DONE, FAILED, NO_FIT, NO_TOOLS, ChatCaller
from models.chat.fingerprint import fingerprint
from models.chat.loading import takes
from models.chat.tools import to_tool
from models.encoders.call import Caller
from models.encoders.fill import Argument
from models.encoders.parameters import conversation, parameters, question, tool_text


@tool
def forecast(city: str, days: int = 1) -> str:
    """Forecast the weather of a city."""
    return f"{days} dry days in {city}."


@tool
def tides(port: str) -> str:
    """Tell the tides of a port."""
    return "high"


class Ticket(BaseModel):
    """A train ticket."""

    goal: str = Field(description="Where the train goes.")
    seats: int = Field(description="How many seats.", ge=1)
    kind: Literal["single", "return"] = Field(description="One way or both.")
    note: str | None = Field(default=None, description="Anything else.")


WEATHER, TIDES, TICKET, IDLE = (
    "Will it rain in Oslo during the next three days?",
    "I need the tides.",
    "Two return tickets to Hull.",
    "Good morning!",
)
ASKED: list[tuple[Any, str, dict[str, Any]]] = [
    (forecast, WEATHER, {"city": "Oslo", "days": "three"}),
    (tides, TIDES, {"port": ""}),
    (Ticket, TICKET, {"goal": "Hull", "seats": "Two", "kind": 1, "note": ""}),
]
LATER = [("user", TIDES), ("assistant", "Which port?"), ("user", "Leith.")]


@pytest.fixture(scope="module")
def written(
    teacher: Callable[[Path], Any], taught: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    home = tmp_path_factory.mktemp("adapters")
    later = conversation(LATER).text
    functions = [(to_tool(one)["function"], said, values) for one, said, values in ASKED]
    harbour = functions[1][0]
    chosen = [
        taught.Row(tool_text(one), said, score=6.0 if one is own else -6.0)
        for own, said, _ in [*functions, (None, IDLE, {}), (harbour, later, {})]
        for one, _, _ in functions
    ]
    found = []
    for one, said, values in [*functions, (harbour, later, {"port": "Leith"})]:
        for parameter in parameters(one):
            asked, value = question(parameter), values[parameter.name]
            if parameter.options:
                found.append(taught.Row(asked.text, said, options=asked.options, option=value))
            else:
                found.append(taught.Row(asked.text, said, span=value))
    careful = {"weights": {"odds": 1.0, "required": 10.0}, "constant": -10.0}
    teacher(home)("choose", chosen, call=careful)
    teacher(home)("fill", found)
    return home / "models"


@pytest.fixture(autouse=True)
def _adapters(written: Path, homespun_home: Path) -> None:
    (homespun_home / "models").symlink_to(written)


@pytest.fixture
def bound() -> Any:
    return ChatCaller().bind_tools([tides, forecast])


def test_a_tool_is_called_with_what_was_said(bound: Any) -> None:
    reply = bound.invoke(WEATHER)
    (call,) = reply.tool_calls
    assert (call["name"], call["args"]) == ("forecast", {"city": "Oslo", "days": 3})
    told = reply.response_metadata
    assert (told["tool"], told["finish_reason"]) == ("forecast", "tool_calls")
    assert told["probability"] > 0.9
    assert told["arguments"]["city"]["texts"] == ["Oslo"]
    assert told["arguments"]["days"]["mentioned"] > 0.9


def test_the_arguments_are_streamed_in_pieces(bound: Any) -> None:
    chunks = list(bound.stream(WEATHER))
    parts = [part for chunk in chunks for part in chunk.tool_call_chunks]
    assert parts[0]["name"] == "forecast"
    assert len(parts) > 2
    assert json.loads("".join(part["args"] for part in parts)) == {"city": "Oslo", "days": 3}
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert isinstance(whole, AIMessageChunk)
    assert whole.tool_calls[0]["args"] == {"city": "Oslo", "days": 3}
    assert whole.usage_metadata == bound.invoke(WEATHER).usage_metadata
    assert chunks[-1].chunk_position == "last"


def in_cities(*cities: str, days: Any = 2) -> list[tuple[Argument, ...]]:
    """What is found where a forecast is asked for in each of these."""
    return [
        (
            Argument("city", city, 0.99, 0.9, (city,), required=True, tokens=7),
            Argument("days", days, 0.9, 0.9, ("two",)),
        )
        for city in cities
    ]


@pytest.fixture
def asked_for_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Caller, "several", lambda *_: in_cities("Oslo", "Hull"))


@pytest.mark.usefixtures("asked_for_two")
def test_several_calls_are_made_only_where_one_answer_may_hold_them() -> None:
    several = ChatCaller().bind_tools([tides, forecast], parallel_tool_calls=True).invoke(WEATHER)
    calls = [(call["name"], call["args"]) for call in several.tool_calls]
    assert calls == [("forecast", {"city": city, "days": 2}) for city in ("Oslo", "Hull")]
    assert len({call["id"] for call in several.tool_calls}) == 2
    told = several.response_metadata
    assert [one["city"]["texts"] for one in told["arguments"]] == [["Oslo"], ["Hull"]]
    for parallel in (False, None):
        one = ChatCaller().bind_tools([tides, forecast], parallel_tool_calls=parallel).invoke(WEATHER)
        assert [call["args"] for call in one.tool_calls] == [{"city": "Oslo", "days": 3}]
        assert several.usage_metadata["input_tokens"] > one.usage_metadata["input_tokens"]


@pytest.mark.usefixtures("asked_for_two")
def test_several_calls_are_streamed_one_behind_the_other() -> None:
    bound = ChatCaller().bind_tools([tides, forecast], parallel_tool_calls=True)
    chunks = list(bound.stream(WEATHER))
    order = [part["index"] for chunk in chunks for part in chunk.tool_call_chunks]
    assert order == sorted(order)
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert [call["args"]["city"] for call in whole.tool_calls] == ["Oslo", "Hull"]
    assert whole.usage_metadata == bound.invoke(WEATHER).usage_metadata


def test_where_one_of_several_calls_would_be_wrong_a_single_one_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Caller, "several", lambda *_: in_cities("Oslo", "Hull", days="two"))
    reply = ChatCaller().bind_tools([forecast], parallel_tool_calls=True).invoke(WEATHER)
    assert [call["args"] for call in reply.tool_calls] == [{"city": "Oslo", "days": 3}]


@pytest.mark.usefixtures("asked_for_two")
def test_several_calls_are_not_made_where_not_even_one_is_wanted() -> None:
    reply = ChatCaller().bind_tools([tides, forecast], parallel_tool_calls=True).invoke(IDLE)
    assert (reply.text, reply.tool_calls) == (NO_FIT, [])


def test_where_no_tool_fits_or_none_is_there_it_says_so(bound: Any) -> None:
    assert bound.invoke(IDLE).text == NO_FIT
    assert ChatCaller().invoke(WEATHER).text == NO_TOOLS
    assert ChatCaller().bind_tools([forecast], tool_choice="none").invoke(WEATHER).text == NO_TOOLS


def test_what_is_needed_and_not_said_is_asked_for_and_then_used(bound: Any) -> None:
    asked = bound.invoke(TIDES)
    assert asked.text == "Which port?"
    assert not asked.tool_calls
    reply = bound.invoke([SystemMessage("Be brief."), HumanMessage(TIDES), asked, HumanMessage("Leith.")])
    assert reply.tool_calls[0]["args"] == {"port": "Leith"}


@pytest.mark.parametrize("choice", ["any", "required", True, "tides"])
def test_a_demanded_call_is_made_whatever_was_said(choice: Any) -> None:
    reply = ChatCaller().bind_tools([tides], tool_choice=choice).invoke(IDLE)
    (call,) = reply.tool_calls
    assert call["name"] == "tides"
    assert isinstance(call["args"]["port"], str)


def test_a_demanded_call_without_any_value_says_what_it_made_up() -> None:
    counter = {
        "name": "count",
        "description": "Count sheep.",
        "parameters": {
            "type": "object",
            "properties": {"sheep": {"type": "integer", "minimum": 3}},
            "required": ["sheep"],
        },
    }
    reply = ChatCaller().bind_tools([counter], tool_choice="count").invoke(IDLE)
    assert reply.tool_calls[0]["args"] == {"sheep": 3}
    assert reply.response_metadata["made_up"] == ["sheep"]


def test_what_no_value_satisfies_is_asked_for_even_where_a_call_is_demanded() -> None:
    coded = {
        "name": "unlock",
        "description": "Unlock the door.",
        "parameters": {
            "type": "object",
            "properties": {"door_code": {"type": "string", "pattern": "^[0-9]{4}$"}},
            "required": ["door_code"],
        },
    }
    reply = ChatCaller().bind_tools([coded], tool_choice="any").invoke(IDLE)
    assert reply.text == "Which door code?"
    assert not reply.tool_calls


def test_results_of_tools_are_the_answer(bound: Any) -> None:
    call = AIMessage("", tool_calls=[{"name": "forecast", "args": {"city": "Oslo"}, "id": "1"}])
    for result, said in (
        (ToolMessage("Dry.", tool_call_id="1"), "Dry."),
        (ToolMessage("", tool_call_id="1"), DONE),
        (ToolMessage("no such city", tool_call_id="1", status="error"), FAILED + "no such city"),
        (ToolMessage("word " * 500, tool_call_id="1"), ("word " * 200).rstrip() + " …"),
    ):
        reply = bound.invoke([HumanMessage(WEATHER), call, result])
        assert (reply.text, reply.tool_calls) == (said, [])
    both = [ToolMessage("Dry.", tool_call_id="1"), ToolMessage("Wet.", tool_call_id="2")]
    assert bound.invoke([HumanMessage(WEATHER), call, *both]).text == "Dry.\nWet."


def test_an_agent_calls_and_reports() -> None:
    agent = create_agent(ChatCaller(), [forecast, tides])
    messages = agent.invoke({"messages": [("user", WEATHER)]})["messages"]
    assert [message.type for message in messages] == ["human", "ai", "tool", "ai"]
    assert messages[-1].text == "3 dry days in Oslo."


def test_the_suite_of_tools_runs_on_it_as_it_is() -> None:
    from evals.sample import Sample
    from evals.suites.tools import SUITE

    functions = [to_tool(one)["function"] for one in (forecast, tides)]
    for said, truth, category in (
        (WEATHER, [{"forecast": {"city": ["Oslo"], "days": [3]}}], "multiple"),
        (IDLE, None, "irrelevance"),
    ):
        asked = {"messages": [{"role": "user", "content": said}], "functions": functions}
        sample = Sample("1", asked, truth, tags={"category": category})
        assert SUITE.score(sample, SUITE.answer(ChatCaller(), sample, 0))["call_right"] == 1


@pytest.mark.parametrize("method", ["function_calling", "json_schema", "json_mode"])
def test_structured_output_is_filled_from_what_was_said(method: Any) -> None:
    found = ChatCaller().with_structured_output(Ticket, method=method).invoke(TICKET)
    assert found == Ticket(goal="Hull", seats=2, kind="return")


def test_addresses_and_fingerprints(written: Path, teach: Any) -> None:
    model = load_chat_model("caller:choose+fill", temperature=0.3)
    assert isinstance(model, ChatCaller)
    assert takes("caller") == takes("caller:choose+fill") == frozenset()
    folder = written / "minilm" / "adapters"
    by_path = load_chat_model(f"caller:{folder / 'choose'}+{folder / 'fill'}")
    assert by_path.bind_tools([forecast]).invoke(WEATHER).tool_calls
    teach("choose", name="another")
    assert fingerprint(load_chat_model("caller:another+fill")) != fingerprint(model)
    with pytest.raises(ModelNotFound):
        load_chat_model("caller:nothing+fill")
    for wrong in ("caller:choose", "caller:", "home"):
        with pytest.raises(UsageError, match="caller:<chooser>"):
            ChatCaller(model=wrong)


def test_what_makes_no_sense_is_refused(bound: Any) -> None:
    with pytest.raises(UsageError, match="names no tool"):
        ChatCaller().bind_tools([forecast], tool_choice="sing")
    with pytest.raises(UsageError, match="does not know response_format"):
        ChatCaller().bind_tools([forecast], response_format={"type": "text"}).invoke(IDLE)
    with pytest.raises(UsageError, match="nothing said"):
        bound.invoke([SystemMessage("Be brief.")])
    with pytest.raises(UsageError, match="method"):
        ChatCaller().with_structured_output(Ticket, method="magic")  # type: ignore[arg-type]
