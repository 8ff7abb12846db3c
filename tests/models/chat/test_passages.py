"""Where the question and its passages are found in a conversation."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.messages.content import create_plaintext_block

from homespun.errors import UsageError
from models.chat.passages import Passage, asked


def texts(*messages: BaseMessage) -> tuple[str, list[str]]:
    found = asked(messages)
    return found.question, [passage.text for passage in found.passages]


def test_numbered_passages_before_a_question_in_one_message() -> None:
    prompt = "[1] Rain fell.\n\nIt was [2] o'clock.\n\n[2] Snow fell.\n\nQuestion: What fell?"
    assert texts(HumanMessage(prompt)) == (
        "What fell?",
        ["Rain fell.\n\nIt was [2] o'clock.", "Snow fell."],
    )


def test_the_suite_of_answers_is_understood_and_asks_for_marks() -> None:
    from evals.suites.answers import SYSTEM, prompt

    messages = [SystemMessage(SYSTEM), HumanMessage(prompt("Who ran?", ["A dog ran.", "A cat sat."]))]
    found = asked(messages)
    assert found.question == "Who ran?"
    assert [passage.text for passage in found.passages] == ["A dog ran.", "A cat sat."]
    assert found.marked


@pytest.mark.parametrize(
    ("said", "question", "passages"),
    [
        ("Context: It rained.\n\nQuestion: Did it?\nAnswer:", "Did it?", ["It rained."]),
        ("Use this.\nContext:\nIt rained.\nQuestion: Did it?", "Did it?", ["It rained."]),
        ("It rained.\n\nAll day.\n\nDid it?", "Did it?", ["It rained.\n\nAll day."]),
        ("Did it?\n\nIt rained.", "Did it?", ["It rained."]),
        ("Did it?\n\n[1] It rained.\n\n[2] It snowed.", "Did it?", ["It rained.", "It snowed."]),
        ("[1] It rained.\n\n[2] It snowed.\n\nDid it?", "Did it?", ["It rained.", "It snowed."]),
        ("It rained.\nDid it?", "Did it?", ["It rained."]),
        ("Es regnete.\nWann？", "Wann？", ["Es regnete."]),
        ("It rained.\n\nAll day.\nDid it?", "Did it?", ["It rained.\n\nAll day."]),
        ("Did it?\nIt rained.", "Did it?", ["It rained."]),
        ("[1] It rained.\n[2] It snowed.\nDid it?", "Did it?", ["It rained.", "It snowed."]),
        ("[1] It rained.\n\n[2] It snowed.\n\nyear of snow", "year of snow", ["It rained.", "It snowed."]),
        ('It rained.\n\n"Did it?"', '"Did it?"', ["It rained."]),
        ("It rained.\n\nwhen did it rain", "when did it rain", ["It rained."]),
        ("It rained.\n\nTell me when.", "Tell me when.", ["It rained."]),
        ("Did it?", "Did it?", []),
        ("In what year did\nthe mill burn?", "In what year did\nthe mill burn?", []),
        ("Did it rain?\nWhen?", "Did it rain?\nWhen?", []),
    ],
)
def test_ways_to_put_passages_into_the_question(said: str, question: str, passages: list[str]) -> None:
    assert texts(HumanMessage(said)) == (question, passages)


@pytest.mark.parametrize(
    ("said", "passages"),
    [
        ("It rained.", ["It rained."]),
        ("When it rained, they sang.", ["When it rained, they sang."]),
        ("It rained.\n\nAll day.", ["It rained.\n\nAll day."]),
        ("[1] It rained.", ["It rained."]),
        ("[1] It rained.\n\n[2] It snowed.", ["It rained.", "It snowed."]),
    ],
)
def test_a_text_alone_asks_nothing_and_is_a_passage(said: str, passages: list[str]) -> None:
    assert texts(HumanMessage(said)) == ("", passages)
    assert texts(HumanMessage(said), HumanMessage("Did it?")) == ("Did it?", passages)


def test_whoever_pastes_a_second_text_asks_nothing_either() -> None:
    first = [HumanMessage("It rained."), AIMessage("Ask.")]
    assert texts(*first, HumanMessage("It snowed.")) == ("", ["It rained.", "It snowed."])


def test_what_has_no_question_mark_is_a_question_where_passages_were_given() -> None:
    assert texts(HumanMessage("It rained."), HumanMessage("day of rain")) == ("day of rain", ["It rained."])
    for given in (SystemMessage("Context:\nIt rained."), ToolMessage("It rained.", tool_call_id="1")):
        assert texts(given, HumanMessage("I need the day.")) == ("I need the day.", ["It rained."])


def test_what_stood_beside_an_earlier_question_is_read_until_there_is_something_newer() -> None:
    earlier = [HumanMessage("It rained.\n\nDid it?"), AIMessage("It rained.")]
    assert texts(*earlier, HumanMessage("When?")) == ("When?", ["It rained."])
    assert texts(*earlier, HumanMessage("day of rain")) == ("day of rain", ["It rained."])
    assert texts(*earlier, HumanMessage("It snowed.\n\nWhen?")) == ("When?", ["It snowed."])


def test_earlier_messages_and_tools_give_passages_and_the_models_own_words_do_not() -> None:
    messages = [
        SystemMessage("Be kind."),
        HumanMessage("The mill was built in 1802."),
        AIMessage("It was built in 1999."),
        HumanMessage("Who built it?"),
        ToolMessage("Ann built it.", tool_call_id="1"),
        HumanMessage("When was it built?"),
        ToolMessage("[1] First.\n\n[2] Second.", tool_call_id="2"),
    ]
    assert texts(*messages) == (
        "When was it built?",
        ["The mill was built in 1802.", "Ann built it.", "First.", "Second."],
    )


def test_a_system_message_is_read_only_where_it_holds_passages() -> None:
    told = SystemMessage("Answer from the context.\nContext:\nIt rained.")
    assert texts(told, HumanMessage("Did it?")) == ("Did it?", ["It rained."])
    numbered = SystemMessage("Answer, and cite like [n].\n\n[1] It rained.")
    assert asked([numbered, HumanMessage("Did it?")]).marked


@pytest.mark.parametrize(
    "block",
    [
        create_plaintext_block("It rained.", title="Log", url="https://x.example"),
        {
            "type": "text-plain",
            "mime_type": "text/plain",
            "base64": base64.b64encode(b"It rained.").decode(),
            "title": "Log",
            "url": "https://x.example",
        },
        {
            "type": "search_result",
            "source": "https://x.example",
            "title": "Log",
            "content": [{"type": "text", "text": "It rained."}],
        },
        {
            "type": "document",
            "title": "Log",
            "source": {"type": "text", "data": "It rained.", "url": "https://x.example"},
        },
        {
            "type": "file",
            "mime_type": "text/plain",
            "text": "It rained.",
            "title": "Log",
            "url": "https://x.example",
        },
    ],
)
def test_documents_among_the_blocks_keep_title_and_address(block: Any) -> None:
    found = asked([HumanMessage([block, {"type": "text", "text": "Did it rain?"}])])
    assert found.question == "Did it rain?"
    assert found.passages == (Passage("It rained.", "Log", "https://x.example"),)


@pytest.mark.parametrize(
    ("messages", "wrong"),
    [
        ([], "no message"),
        ([SystemMessage("x")], "no question"),
        ([HumanMessage("x"), HumanMessage("  ")], "message 2 is blank"),
        ([HumanMessage([{"type": "image", "url": "x"}])], "message 1 holds an image"),
        ([HumanMessage([{"type": "document", "source": {"type": "url", "url": "x"}}])], "without text"),
        ([HumanMessage([{"type": "text-plain", "base64": "/w=="}])], "UTF-8"),
    ],
)
def test_what_cannot_be_read_is_named(messages: list[BaseMessage], wrong: str) -> None:
    with pytest.raises(UsageError, match=wrong) as caught:
        asked(messages)
    assert "\n" not in str(caught.value)
