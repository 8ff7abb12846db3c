from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.messages.content import create_citation

from apps.pages import threads
from apps.pages.context import PageContext


def chat(context: PageContext, *questions: str) -> Any:
    graph = context.graph(context.model)
    for question in questions:
        graph.invoke({"messages": [("user", question)]}, threads.config("t"))
    return graph


def texts(graph: Any) -> list[str]:
    return [message.text for message in threads.read(graph, "t")]


def test_only_what_was_said_is_shown() -> None:
    messages = [
        SystemMessage("be kind"),
        HumanMessage("hi"),
        AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "1"}]),
        ToolMessage("7", tool_call_id="1"),
        AIMessage("hello"),
    ]
    assert threads.display(messages) == [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "hello"},
    ]


def by(name: str, text: str = "yes") -> AIMessage:
    return AIMessage(text, response_metadata={"model_name": name} if name else {})


def test_names_stand_where_the_model_changed_and_nowhere_if_it_never_did() -> None:
    def named(*names: str) -> list[str]:
        shown = threads.display([by(name) for name in names])
        return [entry["content"].removeprefix("yes").strip() for entry in shown]

    def foot(name: str) -> str:
        return f'<div class="foot"><p>Answered by {name}</p></div>'

    assert named("a", "a") == ["", ""]
    assert named("a", "a", "<b>", "", "a") == [foot("a"), "", foot("&lt;b&gt;"), "", foot("a")]


def test_sources_stand_under_an_answer_each_once() -> None:
    note = dict(create_citation(cited_text="Built\nin 1802.", passage=2))
    answer = AIMessage([{"type": "text", "text": "1802", "annotations": [note, note]}])
    assert threads.display([answer])[0]["content"] == (
        '1802\n\n<div class="foot"><p>Passage 2: <q>Built in <strong>1802</strong>.</q></p></div>'
    )


def test_the_last_model_is_the_last_one_that_is_named() -> None:
    asked = HumanMessage("hi")
    assert threads.last_model([asked, by("a"), asked, by("b"), asked, by("")]) == "b"
    assert threads.last_model([asked, by("")]) == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a < b", "a < b"),
        ("<script>x</script>", "<\u2060script>x<\u2060/script>"),
        ("`<i>` <i>", "`<i>` <\u2060i>"),
        ("```\n<i>\n``` <!-- c", "```\n<i>\n``` <\u2060!-- c"),
        ("```\n<i> unfinished", "```\n<i> unfinished"),
    ],
)
def test_tags_are_shown_as_typed(text: str, shown: str) -> None:
    assert threads.literal(text) == shown


@given(st.text(alphabet="<>/!?ab`\n \u2060é", max_size=40))
def test_editing_gives_back_what_was_typed(text: str) -> None:
    # A word joiner that people type behind "<" themselves is the one thing that isn't kept.
    assert threads.typed(threads.literal(text)) == text.replace("<\u2060", "<")


def test_an_unknown_thread_is_empty(context: PageContext) -> None:
    assert threads.read(context.graph(context.model), "nobody") == []


@pytest.mark.parametrize("index", [2, 3])
def test_cutting_takes_back_a_question_and_all_that_follows(context: PageContext, index: int) -> None:
    graph = chat(context, "one", "two", "three")
    assert threads.cut(graph, "t", index) == "two"
    assert texts(graph) == ["one", "I see."]


@pytest.mark.parametrize("index", [-1, 6, 99])
def test_cutting_elsewhere_changes_nothing(context: PageContext, index: int) -> None:
    graph = chat(context, "one", "two", "three")
    assert threads.cut(graph, "t", index) is None
    assert len(texts(graph)) == 6
