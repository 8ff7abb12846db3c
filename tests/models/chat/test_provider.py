"""`<provider>:<model>` through langchain-openai, against a server of OpenAI's protocol on this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core import exceptions
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from pydantic import BaseModel

pytest.importorskip("langchain_openai")

from homespun.errors import ModelNotFound, UsageError
from models import load_chat_model
from models.chat.fingerprint import fingerprint
from models.chat.provider import explain
from models.chat.tokens import counts_tokens


class Trip(BaseModel):
    """Plan a trip."""

    city: str
    days: int


def weather(city: str) -> str:
    """Say the weather in a city."""
    return f"{city}: fine"


@pytest.fixture
def server(
    openai_server: Callable[[BaseChatModel], Any], tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """A server whose answers are a tiny model's, and an environment that leads to it."""
    with openai_server(load_chat_model(str(tiny_model), seed=3, temperature=1.0)) as started:
        monkeypatch.setenv("OPENAI_BASE_URL", started.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-right")
        yield started


def test_answers_come_whole_and_in_pieces(server: Any) -> None:
    model = load_chat_model("openai:tiny", max_tokens=12)
    whole = model.invoke("Hello")
    assert whole.text
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["output_tokens"] == 12
    chunks = list(model.stream("Hello"))
    assert "".join(str(chunk.text) for chunk in chunks) == whole.text
    assert len(chunks) > 5
    assert server.asked[-1]["model"] == "tiny"
    assert server.asked[-1]["stream"] is True


async def test_answers_come_without_holding_the_event_loop(server: Any) -> None:
    model = load_chat_model("openai:tiny", max_tokens=12)
    whole = await model.ainvoke("Hello")
    assert "".join([str(chunk.text) async for chunk in model.astream("Hello")]) == whole.text


def test_tools_are_called_and_their_results_told(server: Any) -> None:
    bound = load_chat_model("openai:tiny").bind_tools([weather], tool_choice="any")
    called = bound.invoke("Hello")
    [call] = called.tool_calls
    assert call["name"] == "weather"
    assert list(call["args"]) == ["city"]
    full: Any = None
    for chunk in bound.stream("Hello"):
        full = chunk if full is None else full + chunk
    assert full.tool_calls[0]["args"] == call["args"]
    answer = bound.invoke([HumanMessage("Hello"), called, ToolMessage("fine", tool_call_id=call["id"])])
    assert isinstance(answer, AIMessage)
    assert [m["role"] for m in server.asked[-1]["messages"]] == ["user", "assistant", "tool"]


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
def test_objects_have_the_shape_that_was_asked_for(server: Any, method: str) -> None:
    model = load_chat_model("openai:tiny")
    if method == "json_mode":
        made = model.with_structured_output(None, method=method).invoke("Answer in JSON.")  # type: ignore[arg-type]
        assert isinstance(made, dict)
    else:
        assert isinstance(model.with_structured_output(Trip, method=method).invoke("Hello"), Trip)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("busy", 1, "takes no more requests for now: Rate limit reached for requests. Wait"),
        ("broken", 1, "failed: The server had an error. Try again later"),
        ("lost", 2, "doesn't have this model: The model `lost` does not exist."),
    ],
)
def test_what_a_server_refuses_is_told_with_its_reason(
    server: Any, name: str, status: int, said: str
) -> None:
    model = load_chat_model(f"openai:{name}")
    for ask in (lambda: model.invoke("Hello"), lambda: list(model.stream("Hello"))):
        with pytest.raises(exceptions.ModelError) as caught:
            ask()
        known = explain(caught.value)
        assert known is not None
        assert str(known).startswith(f"The server at 127.0.0.1:{server.server_port} {said}")
        assert known.exit_status == status


def test_a_wrong_key_is_told_without_the_key(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-my-secret")
    with pytest.raises(exceptions.ModelError) as caught:
        load_chat_model("openai:tiny").invoke("Hello")
    known = explain(caught.value)
    assert isinstance(known, UsageError)
    assert "refuses the key" in str(known)
    assert "secret" not in str(known)


def test_a_server_that_is_down_is_told_with_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(exceptions.ModelError) as caught:
        load_chat_model(
            "openai:tiny", base_url=f"http://127.0.0.1:{port}/v1", api_key="x", max_retries=0
        ).invoke("Hello")
    assert str(explain(caught.value)) == (
        f"The server at 127.0.0.1:{port} can't be reached, or broke off: is it running, and its address"
        " right (OPENAI_BASE_URL)?"
    )


def test_every_kind_of_failure_has_a_line_and_anything_else_none() -> None:
    kinds = [
        kind
        for kind in vars(exceptions).values()
        if isinstance(kind, type) and issubclass(kind, exceptions.ModelError)
    ]
    assert len(kinds) > 8
    told = {str(explain(kind("Oh.\nNo"))) for kind in kinds}
    assert len(told) == len(kinds) - 1  # the base and a server's own failure read alike
    assert all(line.startswith(("The model's provider", "The conversation")) for line in told)
    assert not any("\n" in line for line in told)
    assert explain(ValueError("x")) is None


def test_a_model_without_a_key_or_a_provider_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UsageError, match="OPENAI_API_KEY") as caught:
        load_chat_model("openai:tiny")
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelNotFound, match="no model named 'nonsense'; there are: home"):
        load_chat_model("nonsense:tiny")


def test_a_value_that_a_provider_refuses_is_not_taken_for_a_wrong_name(server: Any) -> None:
    with pytest.raises(UsageError, match=r"can't be used: .*temperature") as caught:
        load_chat_model("openai:tiny", temperature="hot")
    assert not isinstance(caught.value, ModelNotFound)
    assert "\n" not in str(caught.value)


def test_its_tokens_are_not_counted_by_what_must_be_downloaded(server: Any, tiny_model: Path) -> None:
    from graphs.chatbot.limits import count_tokens

    assert not counts_tokens(load_chat_model("openai:gpt-4o-mini"))
    assert count_tokens(load_chat_model("openai:gpt-4o-mini"), "Hello there") < 20
    assert counts_tokens(load_chat_model(str(tiny_model)))


def test_the_same_name_on_another_server_is_another_model(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = fingerprint(load_chat_model("openai:tiny"))
    assert fingerprint(load_chat_model("openai:tiny")) == here
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    assert fingerprint(load_chat_model("openai:tiny")) != here
