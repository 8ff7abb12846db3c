"""One graph, whatever model drives it: a script, a server of OpenAI's protocol, a folder of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graphs.chatbot import Context, build
from graphs.persistence import State
from models import ChatScripted, load_chat_model

FACT = "My cat is called Tom."


@pytest.fixture(params=["scripted", "openai", "folder"])
def model(
    request: pytest.FixtureRequest,
    openai_server: Callable[[Any], Any],
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Any]:
    script = ChatScripted(script=[{"text": "one two three", "repeat": True}])
    if request.param == "scripted":
        yield script
    elif request.param == "folder":
        yield load_chat_model(str(tiny_model), temperature=0, max_tokens=8)
    else:
        pytest.importorskip("langchain_openai")
        with openai_server(script) as server:
            monkeypatch.setenv("OPENAI_BASE_URL", server.url)
            monkeypatch.setenv("OPENAI_API_KEY", "sk-right")
            yield load_chat_model("openai:tiny")
            # The server was shown what another thread had told, as a system message.
            lead = server.asked[-1]["messages"][0]
            assert lead["role"] == "system"
            assert FACT in lead["content"]


def test_it_streams_remembers_and_goes_on(model: Any, state: State) -> None:
    graph = build(model, checkpointer=state.saver, store=state.store)
    context = Context(user_id="ada")
    first: Any = {"configurable": {"thread_id": "a"}}
    asked = {"messages": [("user", FACT)]}
    pieces = [
        chunk.text
        for chunk, _ in graph.stream(asked, first, context=context, stream_mode="messages", durability="sync")
    ]
    said = graph.get_state(first).values["messages"]
    assert "".join(pieces) == said[-1].text
    assert said[-1].text
    answer = graph.invoke(
        {"messages": [("user", "What's my cat called?")]},
        {"configurable": {"thread_id": "b"}},
        context=context,
    )
    assert [noted["text"] for noted in answer["recalled"]] == [FACT]
    assert len(answer["messages"]) == 2
