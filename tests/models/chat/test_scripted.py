"""The scripted model plays what it is given."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel

from homespun.errors import UsageError
from models import load_chat_model
from models.chat.scripted import ChatScripted


def test_turns_are_played_in_order_and_the_end_is_an_error() -> None:
    model = ChatScripted(script=["one", AIMessage("two"), {"text": "three"}])
    assert [model.invoke("x").text for _ in range(3)] == ["one", "two", "three"]
    with pytest.raises(UsageError, match="no turn left"):
        model.invoke("x")
    model.restart()
    assert model.invoke("x").text == "one"


def test_a_loop_begins_anew() -> None:
    model = ChatScripted(script=["a", "b"], on_end="loop")
    assert [model.invoke("x").text for _ in range(5)] == ["a", "b", "a", "b", "a"]


def test_matching_turns_wait_for_their_question() -> None:
    script = [{"match": "weather", "text": "sunny", "repeat": True}, {"match": "^bye", "text": "bye"}, "hm"]
    model = ChatScripted(script=script)
    said = [model.invoke(q).text for q in ("Bye!", "the Weather?", "x", "weather")]
    assert said == ["bye", "sunny", "hm", "sunny"]
    with pytest.raises(UsageError):
        model.invoke("x")


def test_text_is_streamed_by_words_with_usage_at_the_end() -> None:
    chunks = list(ChatScripted(script=["  Hello there,\nyou. "]).stream("x"))
    assert [chunk.text for chunk in chunks] == ["  Hello", " there,", "\nyou.", " ", ""]
    assert [chunk.usage_metadata is not None for chunk in chunks] == [False] * 4 + [True]
    assert chunks[-1].chunk_position == "last"
    answer = ChatScripted(script=[{"text": "a b", "usage": [7, 9]}]).invoke("x")
    assert answer.usage_metadata == {"input_tokens": 7, "output_tokens": 9, "total_tokens": 16}


def test_calls_are_played_streamed_or_not() -> None:
    turn = {
        "text": "Let me see.",
        "tool_calls": [{"name": "add", "args": {"a": 1}}, {"name": "b", "id": "i"}],
    }
    model = ChatScripted(script=[turn], on_end="loop").bind_tools(
        [{"name": "add", "description": "", "parameters": {}}]
    )
    whole: Any = model.invoke("x")
    full: Any = None
    for chunk in model.stream("x"):
        full = chunk if full is None else full + chunk
    for answer in (whole, full):
        assert [(call["name"], call["args"]) for call in answer.tool_calls] == [("add", {"a": 1}), ("b", {})]
        assert answer.tool_calls[1]["id"] == "i"
        assert answer.text == "Let me see."
        assert answer.response_metadata["finish_reason"] == "tool_calls"
    assert whole.tool_calls[0]["id"] != full.tool_calls[0]["id"]


@pytest.mark.parametrize(
    ("kind", "exception"),
    [
        ("error", RuntimeError),
        ("timeout", TimeoutError),
        ("connection", ConnectionError),
        ("value", ValueError),
    ],
)
def test_errors_come_before_or_in_the_middle_of_an_answer(kind: str, exception: type[Exception]) -> None:
    with pytest.raises(exception, match="broken"):
        ChatScripted(script=[{"error": {"type": kind, "message": "broken"}}]).invoke("x")
    stream = ChatScripted(script=[{"text": "a b c", "error": {"type": kind, "after": 2}}]).stream("x")
    assert [next(stream).text, next(stream).text] == ["a", " b"]
    with pytest.raises(exception):
        next(stream)
    with pytest.raises(RuntimeError, match="short form"):
        ChatScripted(script=[{"error": "short form"}]).invoke("x")


async def test_delays_do_not_block_others_and_can_be_cancelled() -> None:
    model = ChatScripted(script=[{"text": "a b", "delay": 0.3, "token_delay": 0.3, "repeat": True}])
    begun = time.monotonic()
    await asyncio.gather(*(model.ainvoke("x") for _ in range(5)))
    assert 0.6 <= time.monotonic() - begun < 2.5
    slow = ChatScripted(script=[{"text": "a", "delay": 60}])
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(slow.ainvoke("x"), 0.05)


def test_stop_strings_and_limits_cut_the_text() -> None:
    model = ChatScripted(script=["one two three four"], on_end="loop")
    assert model.invoke("x", stop=["o th"]).text == "one tw"
    cut = model.invoke("x", max_tokens=2)
    assert cut.text == "one two"
    assert cut.response_metadata["finish_reason"] == "length"


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_a_file_is_a_model_by_address(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"play.{suffix}"
    file.write_text(
        json.dumps({"turns": [{"text": "hi"}, "ho"], "on_end": "loop"})
        if suffix == "json"
        else "turns:\n- text: hi\n- ho\non_end: loop\n"
    )
    model = load_chat_model(f"scripted:{file}", temperature=0, home=tmp_path)
    assert [model.invoke("x").text for _ in range(3)] == ["hi", "ho", "hi"]
    assert model.invoke("x").response_metadata["model_name"] == f"scripted:{file}"


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '"text"', '[{"txt": "x"}]', '[{"delay": -1}]', '[{"match": "("}]', '{"turn": []}', "[3]"],
)
def test_bad_scripts_are_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(UsageError, match="script") as caught:
        ChatScripted.from_file(tmp_path / "bad.json")
    assert "\n" not in str(caught.value)


def test_a_missing_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yaml"):
        load_chat_model(f"scripted:{tmp_path / 'none.yaml'}")


def test_blank_messages_are_refused_as_by_the_real_model() -> None:
    with pytest.raises(UsageError, match="blank"):
        ChatScripted(script=["x"]).invoke([HumanMessage(" ")])


def test_an_agent_can_be_scripted() -> None:
    class Found(BaseModel):
        """What was found."""

        answer: int

    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    model = ChatScripted(
        script=[
            {"tool_calls": [{"name": "add", "args": {"a": 2, "b": 3}}]},
            {"tool_calls": [{"name": "Found", "args": {"answer": 5}}]},
        ]
    )
    agent: Any = create_agent(model, tools=[add], response_format=Found)
    state = agent.invoke({"messages": [("human", "2 + 3?")]}, {"recursion_limit": 10})
    assert state["structured_response"] == Found(answer=5)
    assert "5" in [message.text for message in state["messages"]]
    assert ChatScripted(
        script=[{"tool_calls": [{"name": "Found", "args": {"answer": 1}}]}]
    ).with_structured_output(Found).invoke("x") == Found(answer=1)
