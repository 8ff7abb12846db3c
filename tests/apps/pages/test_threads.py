from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.messages.content import create_citation

from apps.pages import threads
from apps.pages.context import PageContext
from graphs.chatbot.branches import Choice


def test_only_what_was_said_is_shown() -> None:
    messages = [
        SystemMessage("be kind"),
        HumanMessage("hi"),
        AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "1"}]),
        ToolMessage("7", tool_call_id="1"),
        AIMessage("hello"),
    ]
    assert [entry for entry in threads.display(messages) if "metadata" not in entry] == [
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


def test_editing_takes_what_stands_under_a_message_for_no_part_of_it() -> None:
    question, answer = HumanMessage("a < b?", id="q"), AIMessage("yes", id="a")
    choices = {"q": Choice(("p", "q"), 1)}
    shown = threads.display([question, answer], choices)[0]["content"]
    assert "branch" in shown
    assert threads.typed(shown) == "a < b?"


def test_an_unknown_thread_is_empty(context: PageContext) -> None:
    assert threads.read(context.graph(context.model), "nobody") == []


def test_thoughts_and_calls_stand_before_the_answer_as_accordions() -> None:
    messages = [
        HumanMessage("hi", id="q"),
        AIMessage(
            [{"type": "reasoning", "reasoning": "They greet."}, {"type": "text", "text": ""}],
            tool_calls=[{"name": "clock", "args": {"zone": "CET"}, "id": "c1"}],
            id="a",
        ),
        ToolMessage("12:00 ```", tool_call_id="c1", name="clock", id="r"),
        AIMessage("It's noon.", id="b"),
    ]
    found = threads.entries(messages)
    assert [entry.message for entry in found] == ["q", "a", "a", "r", "b"]
    assert [entry.answer for entry in found] == [False, False, False, False, True]
    thought, call, result = (entry.shown for entry in found[1:4])
    assert (thought["metadata"]["title"], thought["content"]) == ("Thought", "They greet.")
    assert call["metadata"] == {"title": "Called clock", "status": "done", "id": "c1"}
    assert call["content"] == '```json\n{\n  "zone": "CET"\n}\n```'
    assert result["metadata"]["parent_id"] == "c1"
    assert result["content"] == "````\n12:00 ```\n````"


@pytest.mark.parametrize(
    ("index", "wanted", "found"), [(0, False, "q"), (1, False, "q"), (2, True, "b"), (1, True, "a")]
)
def test_a_place_in_the_chat_leads_to_the_message(index: int, wanted: bool, found: str) -> None:
    entries = threads.entries([HumanMessage("1", id="q"), AIMessage("2", id="a"), AIMessage("3", id="b")])
    entry = threads.place(entries, index, answer=wanted)
    assert entry is not None
    assert entry.message == found
    assert threads.place(entries[:1], 0, answer=True) is None


def test_tokens_are_summed_where_they_were_counted() -> None:
    one = AIMessage("x", usage_metadata={"input_tokens": 1000, "output_tokens": 20, "total_tokens": 1020})
    assert threads.used([HumanMessage("q"), AIMessage("y")]) == ""
    assert "1,000 tokens read, 20 written" in threads.used([one, HumanMessage("q"), one])
    assert "2,000 and 40" in threads.used([one, HumanMessage("q"), one])
