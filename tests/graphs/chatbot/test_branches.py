from __future__ import annotations

from typing import Any

import pytest

from graphs.chatbot import Context, build, read_branches, rephrase, rewind, switch, undo
from graphs.persistence import State
from homespun.errors import UnknownName, UsageError
from models import ChatScripted


@pytest.fixture
def graph(state: State) -> Any:
    model = ChatScripted(script=[{"text": f"answer {i}"} for i in range(20)])
    return build(model, checkpointer=state.saver, store=state.store)


def _say(graph: Any, text: str | None, thread: Any) -> None:
    graph.invoke(None if text is None else {"messages": [("user", text)]}, thread, context=Context())


def _texts(graph: Any, thread: Any) -> list[str]:
    return [message.text for message in graph.get_state(thread).values["messages"]]


def _ids(graph: Any, thread: Any) -> list[str]:
    return [message.id for message in graph.get_state(thread).values["messages"]]


def test_a_thread_without_branches_has_no_choices(graph: Any, thread: Any) -> None:
    assert read_branches(graph, thread).choices() == {}
    _say(graph, "a", thread)
    assert read_branches(graph, thread).choices() == {}


def test_every_branch_can_be_opened_and_gone_on_in(graph: Any, thread: Any) -> None:
    _say(graph, "a", thread)
    _say(graph, "b", thread)
    first = _texts(graph, thread)
    question, answer = _ids(graph, thread)[2:]
    rewind(graph, thread)
    _say(graph, None, thread)
    again = _ids(graph, thread)[3]
    rephrase(graph, thread, question, "B")
    _say(graph, None, thread)
    other = _ids(graph, thread)[2]
    assert _texts(graph, thread) == ["a", "answer 0", "B", "answer 3"]
    choices = read_branches(graph, thread).choices()
    assert {name: (choice.messages, choice.at) for name, choice in choices.items()} == {
        other: ((question, other), 1)
    }
    switch(graph, thread, question)
    assert _texts(graph, thread) == ["a", "answer 0", "b", "answer 2"]
    choices = read_branches(graph, thread).choices()
    assert choices[again].messages == (answer, again)
    assert choices[again].at == 1
    switch(graph, thread, answer)
    assert _texts(graph, thread) == first
    assert graph.get_state(thread).next == ()
    _say(graph, "c", thread)
    assert _texts(graph, thread) == [*first, "c", "answer 4"]
    switch(graph, thread, other)
    _say(graph, "d", thread)
    assert _texts(graph, thread) == ["a", "answer 0", "B", "answer 3", "d", "answer 5"]


def test_versions_keep_their_order_whichever_is_opened(graph: Any, thread: Any) -> None:
    _say(graph, "a", thread)
    for _ in range(2):
        rewind(graph, thread)
        _say(graph, None, thread)
    for place in (0, 1, 2, 1, 0, 2):
        (choice,) = read_branches(graph, thread).choices().values()
        switch(graph, thread, choice.messages[place])
        (opened,) = read_branches(graph, thread).choices().values()
        assert (opened.messages, opened.at) == (choice.messages, place)
        assert _texts(graph, thread) == ["a", f"answer {place}"]


def test_what_was_taken_back_is_a_branch_too(graph: Any, thread: Any) -> None:
    _say(graph, "a", thread)
    gone = _ids(graph, thread)
    undo(graph, thread)
    assert _texts(graph, thread) == []
    _say(graph, "A", thread)
    ((name, choice),) = read_branches(graph, thread).choices().items()
    assert choice.messages == (gone[0], name)
    switch(graph, thread, gone[1])
    assert _texts(graph, thread) == ["a", "answer 0"]


def test_any_checkpoint_can_be_gone_back_to_and_continued(graph: Any, thread: Any) -> None:
    for text in ("a", "b", "c"):
        _say(graph, text, thread)
    past = next(s for s in graph.get_state_history(thread) if len(s.values["messages"]) == 2 and not s.next)
    graph.invoke({"messages": [("user", "B")]}, past.config, context=Context())
    assert _texts(graph, thread) == ["a", "answer 0", "B", "answer 3"]
    (choice,) = read_branches(graph, thread).choices().values()
    assert len(choice.messages) == 2
    switch(graph, thread, choice.messages[0])
    assert _texts(graph, thread)[-2:] == ["c", "answer 2"]


def test_a_message_that_is_nowhere_is_told(graph: Any, thread: Any) -> None:
    _say(graph, "a", thread)
    with pytest.raises(UnknownName, match="no message 'x'"):
        switch(graph, thread, "x")
    with pytest.raises(UsageError, match="without a checkpointer"):
        read_branches(build(ChatScripted(script=["x"])), thread)
