"""The reader as a chat model, with an adapter that knows two questions by heart."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.messages.content import create_plaintext_block

from homespun.errors import ModelNotFound, UsageError
from models import load_chat_model
from models.chat.fingerprint import fingerprint
from models.chat.loading import takes
from models.chat.reading import ABSTENTION, NO_PASSAGES, READ, ChatReader, _around
from rag.abstention import abstains

FIRST, SECOND = "The kiln was lit by Maud Okafor at dawn.", "Rain fell on the roof all day long."
QUESTION, OTHER = "Who lit the kiln?", "Who mended the gate?"
PROMPT = f"[1] {SECOND}\n\n[2] {FIRST}\n\nQuestion: {QUESTION}"


@pytest.fixture(scope="module")
def written(
    teacher: Callable[[Path], Any], taught: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    home = tmp_path_factory.mktemp("adapters")
    rows = [(QUESTION, FIRST, "Maud Okafor"), (QUESTION, SECOND, ""), (OTHER, FIRST, ""), (OTHER, SECOND, "")]
    teacher(home)("read", [taught.Row(asked, passage, span=span) for asked, passage, span in rows])
    return home / "models"


@pytest.fixture(autouse=True)
def _adapters(written: Path, homespun_home: Path) -> None:
    (homespun_home / "models").symlink_to(written)


def test_the_answer_is_quoted_with_its_citation() -> None:
    reply = load_chat_model("reader").invoke(PROMPT)
    assert reply.text == "Maud Okafor"
    told = reply.response_metadata
    assert told["passage"] == 2
    assert FIRST[told["start"] : told["end"]] == "Maud Okafor"
    assert told["finish_reason"] == "stop"
    assert told["answerable"] > 0.9
    assert told["confidence"] > 0.9
    (block,) = reply.content_blocks
    (citation,) = block["annotations"]  # type: ignore[typeddict-item]
    assert reply.text[citation["start_index"] : citation["end_index"]] == "Maud Okafor"
    assert citation["cited_text"] == FIRST
    assert citation["extras"] == {"passage": 2, "start": told["start"], "end": told["end"]}


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("Rain fell. The kiln was lit. Snow fell.", "The kiln was lit."),
        ("The kiln was lit", "The kiln was lit"),
        ("rain " * 40 + "kiln" + " snow" * 40 + ".", "rain " * 19 + "kiln" + " snow" * 19),
        ("x" * 200 + "kiln" + "x" * 200, "kiln"),
    ],
)
def test_the_sentence_around_the_answer_is_cited_and_of_a_long_one_whole_words(text: str, cited: str) -> None:
    start = text.index("kiln")
    assert _around(text, start, start + len("kiln")) == cited


def test_the_citation_names_title_and_address_of_a_document() -> None:
    block = create_plaintext_block(FIRST, title="Log book", url="https://kiln.example")
    reply = ChatReader().invoke([HumanMessage([block, {"type": "text", "text": QUESTION}])])
    (citation,) = reply.content_blocks[0]["annotations"]  # type: ignore[typeddict-item]
    assert (citation["title"], citation["url"]) == ("Log book", "https://kiln.example")


def test_what_the_passages_do_not_say_is_declined() -> None:
    reply = ChatReader().invoke([ToolMessage(FIRST, tool_call_id="1"), HumanMessage(OTHER)])
    assert reply.content == ABSTENTION
    assert abstains(reply.text)
    assert reply.response_metadata["finish_reason"] == "abstained"
    assert reply.response_metadata["answerable"] < 0.1
    assert "passage" not in reply.response_metadata


def test_without_passages_it_says_that_there_are_none() -> None:
    reply = ChatReader().invoke("Who lit the kiln?")
    assert reply.text == NO_PASSAGES
    assert abstains(reply.text)
    assert reply.usage_metadata is not None
    assert reply.usage_metadata["input_tokens"] == 0


def test_where_passages_are_missing_it_says_how_to_give_some() -> None:
    assert "before the question, with a blank line" in ChatReader().invoke(QUESTION).text


def test_a_text_is_acknowledged_and_serves_the_next_question() -> None:
    reply = ChatReader().invoke(FIRST)
    assert reply.text == READ
    assert reply.response_metadata["finish_reason"] == "stop"
    assert not abstains(reply.text)
    assert ChatReader().invoke([("human", FIRST), reply, ("human", QUESTION)]).text == "Maud Okafor"
    assert ChatReader().invoke("[1]").text == NO_PASSAGES


def test_whoever_gives_it_tools_is_told_who_takes_them() -> None:
    with pytest.raises(NotImplementedError, match="reader calls no tools: use caller"):
        ChatReader().bind_tools([])
    with pytest.raises(NotImplementedError, match="use caller"):
        ChatReader().with_structured_output({"title": "x", "type": "object", "properties": {}})


def test_an_instruction_to_mark_is_followed_and_the_mark_is_no_part_of_the_citation() -> None:
    from evals.suites.answers import SYSTEM

    reply = ChatReader().invoke([("system", SYSTEM), ("human", PROMPT)])
    assert reply.text == "Maud Okafor [2]"
    (citation,) = reply.content_blocks[0]["annotations"]  # type: ignore[typeddict-item]
    assert citation["end_index"] == len("Maud Okafor")


@pytest.mark.parametrize("version", [None, "v1"])
def test_a_stream_is_word_by_word_and_adds_up_to_the_answer(version: str | None) -> None:
    model = ChatReader(output_version=version)
    chunks = list(model.stream(PROMPT))
    assert [chunk.text for chunk in chunks if chunk.text] == ["Maud ", "Okafor"]
    assert [chunk.usage_metadata is not None for chunk in chunks].count(True) == 1
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk  # type: ignore[assignment]
    assert isinstance(whole, AIMessageChunk)
    (block,) = whole.content_blocks
    single = model.invoke(PROMPT)
    assert block["text"] == single.text == "Maud Okafor"  # type: ignore[typeddict-item]
    assert len(block["annotations"]) == 1  # type: ignore[typeddict-item]
    assert whole.usage_metadata == single.usage_metadata
    assert whole.response_metadata["passage"] == single.response_metadata["passage"]


def test_usage_counts_the_tokens_read_and_said() -> None:
    reply = ChatReader().invoke(PROMPT)
    count = ChatReader().get_num_tokens
    assert reply.usage_metadata == {
        "input_tokens": 2 * (count(QUESTION) + 3) + count(FIRST) + count(SECOND),
        "output_tokens": count("Maud Okafor"),
        "total_tokens": 2 * (count(QUESTION) + 3) + count(FIRST) + count(SECOND) + count("Maud Okafor"),
    }


def test_the_suite_of_answers_runs_on_it_as_it_is() -> None:
    from evals.sample import Sample
    from evals.suites.answers import SUITE

    passages = [SECOND, FIRST]
    for question, right, column in (
        (QUESTION, ["Maud Okafor"], "exact_match"),
        (OTHER, [], "abstained_right"),
    ):
        sample = Sample("1", {"question": question, "passages": passages}, right)
        scores = SUITE.score(sample, SUITE.answer(ChatReader(), sample, 0))
        assert scores[column] == 1
        assert scores["hallucinated"] == 0
    sample = Sample("1", {"question": QUESTION, "passages": passages}, ["Maud Okafor"])
    scores = SUITE.score(sample, SUITE.answer(ChatReader(), sample, 0))
    assert scores["citation_recall"] == scores["citation_precision"] == scores["contains_answer"] == 1


def test_who_is_not_wanted_any_more_stops_between_passes() -> None:
    cancel = threading.Event()
    cancel.set()
    found = ChatReader()._generate([HumanMessage(PROMPT)], cancel=cancel)
    assert found.generations[0].message.response_metadata["finish_reason"] == "cancelled"


def test_limits_and_stop_strings_cut_the_answer() -> None:
    short = ChatReader(max_tokens=1).invoke(PROMPT)
    assert "Maud Okafor".startswith(short.text)
    assert short.response_metadata["finish_reason"] == "length"
    (citation,) = short.content_blocks[0]["annotations"]  # type: ignore[typeddict-item]
    assert citation["end_index"] == len(short.text)
    stopped = ChatReader().invoke(PROMPT, stop=["Oka"])
    assert stopped.text == "Maud "
    assert stopped.response_metadata["finish_reason"] == "stop"


def test_who_runs_out_of_time_says_so() -> None:
    reply = ChatReader(timeout=1e-9).invoke(PROMPT)
    assert reply.response_metadata["finish_reason"] == "deadline"
    assert reply.text
    assert not abstains(reply.text)


def test_the_threshold_decides_when_it_declines() -> None:
    messages = [ToolMessage(FIRST, tool_call_id="1"), HumanMessage(OTHER)]
    assert ChatReader(threshold=0.0).invoke(messages).text in FIRST
    assert ChatReader(threshold=1.0).invoke(PROMPT).text == ABSTENTION


async def test_many_at_once_get_the_same_answers() -> None:
    model = ChatReader()
    replies = await asyncio.gather(*(model.ainvoke(PROMPT) for _ in range(4)))
    assert {reply.text for reply in replies} == {"Maud Okafor"}


def test_addresses(written: Path) -> None:
    assert isinstance(load_chat_model("reader:read", temperature=0.5), ChatReader)
    folder = written / "minilm" / "adapters" / "read"
    assert load_chat_model(f"reader:{folder}").invoke(PROMPT).text == "Maud Okafor"
    assert takes("reader") == takes("reader:read") == frozenset()
    with pytest.raises(ModelNotFound, match="read"):
        load_chat_model("reader:nothing")
    with pytest.raises(UsageError, match="reader:<name"):
        ChatReader(model="home")


def test_the_fingerprint_changes_with_the_adapter_and_the_threshold(teach: Any) -> None:
    teach("read", name="other")
    known = {
        fingerprint(model)
        for model in (ChatReader(), ChatReader(threshold=0.25), ChatReader(model="reader:other"))
    }
    assert len(known) == 3
    assert fingerprint(ChatReader()) in known


def test_a_copy_that_was_given_other_values_reads_with_them(teach: Any, tmp_path: Path) -> None:
    teach("read", name="other")
    model = ChatReader()
    own = fingerprint(model)
    for update in ({"threshold": 0.5}, {"model": "reader:other"}, {"home": tmp_path}):
        assert fingerprint(model.model_copy(update=update)) != own
    assert fingerprint(model) == own


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"max_tokens": 0}, "max_tokens"),
        ({"timeout": 0}, "timeout"),
        ({"tools": []}, "does not know tools"),
        ({"stop": [""]}, "stop"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], wrong: str) -> None:
    with pytest.raises(UsageError, match=wrong):
        ChatReader().invoke(PROMPT, **given)
    with pytest.raises(UsageError, match="threshold"):
        ChatReader(threshold=2.0)
