from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.messages.content import create_citation

from apps.citations import Source, citations, sources


def cited(text: str, *notes: Any) -> AIMessage:
    return AIMessage([{"type": "text", "text": text, "annotations": [dict(note) for note in notes]}])


def test_a_source_has_its_number_its_name_its_words_and_the_answers() -> None:
    note = create_citation(
        start_index=0, end_index=4, cited_text="Built in\n\n 1802.", title="Mills", url="u", passage=2
    )
    (source,) = sources(cited("1802 [2]", note))
    assert source == Source(2, "Mills", "u", "Built in 1802.", "")
    assert source.answer == "1802"


def test_a_number_is_a_passages_or_there_is_none() -> None:
    notes = [create_citation(title="A"), create_citation(title="B", passage="two")]
    assert [source.passage for source in sources(cited("yes", *notes))] == [None, None]


def test_the_same_source_is_named_once_and_cited_as_often_as_it_was() -> None:
    notes = [
        create_citation(start_index=start, end_index=start + 1, cited_text="a b", passage=1)
        for start in (0, 2)
    ]
    message = cited("a b", *notes, create_citation(cited_text="a b", passage=2))
    assert [(source.passage, source.answer) for source in sources(message)] == [(1, "a"), (2, "a b")]
    assert [words for _, words in citations(message)] == ["a", "b", "a b"]
    assert [note for note, _ in citations(message)][:2] == notes


@pytest.mark.parametrize(
    "message",
    [AIMessage("yes"), cited("yes"), cited("yes", create_citation()), cited("yes", {"type": "other"})],
)
def test_what_cites_nothing_has_no_sources(message: AIMessage) -> None:
    assert sources(message) == []


def test_providers_own_citations_are_sources_too() -> None:
    part = {
        "type": "text",
        "text": "yes",
        "annotations": [
            {"type": "url_citation", "url": "https://a.org", "title": "A", "start_index": 0, "end_index": 3}
        ],
    }
    message = AIMessage([part], response_metadata={"model_provider": "openai"})
    assert sources(message) == [Source(None, "A", "https://a.org", "", "yes")]
