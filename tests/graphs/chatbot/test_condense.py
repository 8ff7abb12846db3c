"""Threads that outgrow their model: what is shown, what stands for the rest, and that nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models import ModelProfile
from langchain_core.messages import AIMessage, HumanMessage

from graphs.chatbot import build, undo
from graphs.chatbot.brain import Brain
from graphs.chatbot.condense import FULL, Condense, by_model
from graphs.chatbot.shown import newer, older, shown
from graphs.chatbot.state import ChatState, Context
from graphs.persistence import State
from models import ChatScripted

SEEN: list[list[Any]] = []
READS = 200


class Short(ChatScripted):
    """Reads little, and keeps what it was shown; a token is a word here."""

    def _resolve_model_profile(self) -> ModelProfile:
        return ModelProfile(max_input_tokens=READS)

    def get_token_ids(self, text: str) -> list[int]:
        return [0] * len(text.split())

    def _stream(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        SEEN.append(list(messages))
        yield from super()._stream(messages, stop, run_manager, **kwargs)


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    SEEN.clear()


def _short(text: str = "I see.") -> Short:
    return Short(script=[{"text": text, "repeat": True}])


def _say(graph: Any, text: str, thread: Any) -> Any:
    return graph.invoke({"messages": [("user", text)]}, thread)


def test_the_newest_turns_and_what_was_told_are_shown_and_the_thread_is_whole(
    state: State, thread: Any
) -> None:
    graph = build(_short(), checkpointer=state.saver, system_prompt="Be kind.")
    _say(graph, "My cat is called Tom.", thread)
    for turn in range(20):
        answer = _say(graph, f"Turn {turn}: " + "and so on " * 5, thread)
    summary = answer["summary"]
    assert summary["told"][0] == "My cat is called Tom."
    assert summary["text"] == ""
    assert len(answer["messages"]) == 42
    assert summary["messages"] == len(older(answer["messages"], summary)) > 20
    lead, *rest = SEEN[-1]
    assert lead.text.startswith("Be kind.")
    assert "- My cat is called Tom." in lead.text
    assert rest[-1].text.startswith("Turn 19:")
    assert isinstance(rest[0], HumanMessage)
    assert sum(len(message.text.split()) + 4 for message in rest) <= READS


def test_a_model_writes_the_summary_and_goes_on_from_it(state: State, thread: Any) -> None:
    writer = ChatScripted(
        script=[
            {"text": "They greeted.", "match": "conversation", "repeat": True},
        ]
    )
    asked: list[Any] = []

    def summarise(before: str, messages: Any) -> str:
        asked.append((before, [message.text for message in messages]))
        return f"{before}+{len(messages)}"

    graph = build(_short(), checkpointer=state.saver, summarise=summarise)
    for turn in range(20):
        answer = _say(graph, f"Turn {turn}: " + "and so on " * 5, thread)
    assert len(asked) > 1
    assert asked[0][0] == ""
    assert asked[1][0] == f"+{len(asked[0][1])}"
    assert [text for _, told in asked for text in told] == [
        message.text for message in older(answer["messages"], answer["summary"])
    ]
    assert answer["summary"]["text"] in SEEN[-1][0].text
    assert by_model(writer)("", [HumanMessage("conversation"), AIMessage("Hi")]) == "They greeted."


def test_a_summary_that_cannot_be_written_costs_nothing(
    state: State, thread: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_before: str, _messages: Any) -> str:
        raise ValueError("no words today")

    graph = build(_short(), checkpointer=state.saver, summarise=broken)
    for turn in range(12):
        answer = _say(graph, f"My number {turn} is {turn}. " + "and so on " * 5, thread)
    assert answer["messages"][-1].text == "I see."
    assert answer["summary"]["messages"] > 0
    assert "no words today" in caplog.text


def test_going_back_before_a_summary_takes_it_away(state: State, thread: Any) -> None:
    graph = build(_short(), checkpointer=state.saver)
    for turn in range(12):
        _say(graph, f"Turn {turn}: " + "and so on " * 6, thread)
    while (values := graph.get_state(thread).values)["messages"]:
        summary = values["summary"]
        ids = [message.id for message in values["messages"]]
        assert summary is None or summary["through"] in ids
        assert undo(graph, thread) is not None
    assert values["summary"] is None


def test_a_model_that_does_not_say_how_much_it_reads_is_shown_all(state: State, thread: Any) -> None:
    class Silent(Short):
        def _resolve_model_profile(self) -> None:  # type: ignore[override]
            return None

    graph = build(Silent(script=[{"text": "I see.", "repeat": True}]), checkpointer=state.saver)
    for turn in range(12):
        answer = _say(graph, f"Turn {turn}: " + "and so on " * 6, thread)
    assert answer.get("summary") is None
    assert len(SEEN[-1]) == 23


@given(st.lists(st.integers(1, 120), min_size=1, max_size=12))
def test_whatever_the_lengths_the_newest_turn_is_shown_and_the_parts_make_the_whole(
    lengths: list[int],
) -> None:
    messages: list[Any] = []
    step = Condense(Brain(_short()), None)
    state: ChatState = {"messages": messages, "summary": None}
    for turn, words in enumerate(lengths):
        messages += [HumanMessage("word " * words, id=f"q{turn}")]
        state.update(step.run(state, Context()))
        summary = state["summary"]
        assert older(messages, summary) + newer(messages, summary) == messages
        assert shown(state)[-1].id == f"q{turn}"
        assert isinstance(shown(state)[0], HumanMessage)
        counted = sum(len(message.text.split()) + 4 for message in shown(state))
        assert counted <= READS * FULL or len([m for m in shown(state) if m.type == "human"]) == 1
        messages += [AIMessage("yes " * (words % 7 + 1), id=f"a{turn}")]
