"""Long-term memory: what is told in one thread is known in another, by its own user alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import SystemMessage

from graphs.chatbot import Context, build
from graphs.chatbot.learned import learned
from graphs.memories.book import Book
from graphs.memories.extract import Told, by_model
from graphs.memories.statements import Statement
from graphs.persistence import State
from models import ChatScripted

SEEN: list[list[Any]] = []


class Recording(ChatScripted):
    """Keeps what the model was shown."""

    def _stream(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        SEEN.append(list(messages))
        yield from super()._stream(messages, stop, run_manager, **kwargs)


@pytest.fixture
def graph(state: State) -> Any:
    SEEN.clear()
    model = Recording(script=[{"text": "I see.", "repeat": True}])
    return build(model, checkpointer=state.saver, store=state.store)


def _say(graph: Any, text: str, thread: str, **context: Any) -> Any:
    config = {"configurable": {"thread_id": thread}}
    return graph.invoke({"messages": [("user", text)]}, config, context=Context(**context))


def _known(user: str, state: State) -> list[str]:
    return sorted(memory.text for memory in Book(state.store, user).all())


def test_a_fact_is_shown_to_the_model_in_the_next_thread(graph: Any, state: State) -> None:
    told = _say(graph, "My cat is called Tom.", "a", user_id="ada")
    assert [noted["what"] for noted in told["learned"]] == ["kept"]
    assert learned(told["messages"][-1]) == ["My cat is called Tom."]
    assert not isinstance(SEEN[-1][0], SystemMessage)
    answer = _say(graph, "What's my cat's name?", "b", user_id="ada")
    assert [noted["text"] for noted in answer["recalled"]] == ["My cat is called Tom."]
    assert answer["learned"] == []
    lead = SEEN[-1][0]
    assert isinstance(lead, SystemMessage)
    assert "- My cat is called Tom." in lead.text
    assert [message.type for message in answer["messages"]] == ["human", "ai"]


def test_nobody_elses_memories_are_shown_or_changed(graph: Any, state: State) -> None:
    _say(graph, "My cat is called Tom.", "a", user_id="ada")
    answer = _say(graph, "Forget my cat's name.", "b", user_id="bob")
    assert (answer["recalled"], answer["learned"]) == ([], [])
    assert _known("ada", state) == ["My cat is called Tom."]
    assert _known("bob", state) == []


def test_what_is_contradicted_gives_way(graph: Any, state: State) -> None:
    _say(graph, "I live in Bergen.", "a")
    changed = _say(graph, "I moved to Oslo last week.", "b")["learned"]
    assert [(noted["what"], noted["text"]) for noted in changed] == [
        ("changed", "I moved to Oslo last week.")
    ]
    assert _known("local", state) == ["I moved to Oslo last week."]


def test_it_can_be_switched_off_for_a_turn_and_for_a_user(graph: Any, state: State) -> None:
    _say(graph, "My cat is called Tom.", "a")
    answer = _say(graph, "My dog is called Rex.", "b", memory=False)
    assert (answer["recalled"], answer["learned"]) == ([], [])
    Book(state.store, "local").switch(False)
    answer = _say(graph, "My dog is called Rex.", "c")
    assert (answer["recalled"], answer["learned"]) == ([], [])
    assert _known("local", state) == ["My cat is called Tom."]


async def test_asynchronous_turns_remember_too(graph: Any, state: State) -> None:
    config: Any = {"configurable": {"thread_id": "a"}}
    for text in ("My cat is called Tom.", "Hello"):
        answer = await graph.ainvoke({"messages": [("user", text)]}, config, context=Context(user_id="ada"))
    assert [noted["text"] for noted in answer["recalled"]] == ["My cat is called Tom."]


def test_a_trouble_with_memories_does_not_cost_the_answer(
    state: State, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ValueError("no memory today")

    model = ChatScripted(script=[{"text": "I see.", "repeat": True}])
    graph = build(model, checkpointer=state.saver, store=state.store, extract=broken)
    assert _say(graph, "My cat is called Tom.", "a")["messages"][-1].text == "I see."
    monkeypatch.setattr(Book, "recall", broken)
    assert _say(graph, "Hello", "a")["messages"][-1].text == "I see."
    assert caplog.text.count("no memory today") >= 2


def test_the_answer_streams_alone_and_once(graph: Any) -> None:
    config: Any = {"configurable": {"thread_id": "a"}}
    asked = {"messages": [("user", "My cat is called Tom.")]}
    pieces = [chunk.text for chunk, _ in graph.stream(asked, config, stream_mode="messages")]
    assert "".join(pieces) == "I see."


def _document(**facts: Any) -> Callable[..., Any]:
    call = {"name": "Facts", "arguments": facts}
    return by_model(ChatScripted(script=[{"tool_calls": [call], "repeat": True}]))


def test_a_model_may_say_what_is_worth_remembering(state: State) -> None:
    extract = _document(facts=[{"text": "I keep bees.", "about": ""}], forget=["my old hobby"])
    assert extract("I keep bees now, no longer hens.", "") == Told(
        [Statement("I keep bees.", "")], ["my old hobby"]
    )
    model = ChatScripted(script=[{"text": "I see.", "repeat": True}])
    graph = build(model, checkpointer=state.saver, store=state.store, extract=extract)
    _say(graph, "I keep bees now.", "a")
    assert _known("local", state) == ["I keep bees."]


def test_a_document_of_another_schema_is_a_parsers_error_that_can_be_tried_again() -> None:
    with pytest.raises(OutputParserException):
        _document(facts="many")("I keep bees.", "")
