from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.messages.content import create_citation

from apps.pages.foot import QUOTED, footed, sources


def cited(text: str, *notes: Any) -> AIMessage:
    return AIMessage([{"type": "text", "text": text, "annotations": [dict(note) for note in notes]}])


def test_a_source_has_its_number_its_name_and_its_words() -> None:
    note = create_citation(
        start_index=0, end_index=4, cited_text="Built in\n\n 1802.", title="Mills", passage=2
    )
    assert sources(cited("1802 [2]", note)) == [
        "Passage 2, Mills: <q>Built in <strong>1802</strong>.</q>",
    ]


@pytest.mark.parametrize(
    ("quoted", "shown"),
    [
        ("1802", "1802"),
        ("In 1801.", "In 1801."),
        ("1802 or 1802", "1802 or 1802"),  # which of them isn't known
    ],
)
def test_words_stand_out_only_where_it_is_clear_which(quoted: str, shown: str) -> None:
    note = create_citation(start_index=0, end_index=4, cited_text=quoted)
    assert sources(cited("1802", note)) == [f"<q>{shown}</q>"]


def test_an_address_is_a_link_only_where_it_leads_to_the_web() -> None:
    found = sources(
        cited(
            "yes",
            create_citation(url='https://example.org/?a=1&b="', title="<i>A</i>"),
            create_citation(url="javascript:alert(1)"),
        )
    )
    assert found == [
        '<a href="https://example.org/?a=1&amp;b=&quot;" target="_blank" rel="noopener noreferrer">'
        "&lt;i&gt;A&lt;/i&gt;</a>",
        "javascript:alert(1)",
    ]


def test_what_a_passage_says_cannot_become_markup() -> None:
    note = create_citation(cited_text="<img src=x onerror=alert(1)>\n\n# `a` & <b>", title="<script>")
    (line,) = sources(cited("yes", note))
    assert "\n" not in line
    assert line == "&lt;script&gt;: <q>&lt;img src=x onerror=alert(1)&gt; # `a` &amp; &lt;b&gt;</q>"


def test_the_same_source_is_named_once_and_a_long_one_is_cut() -> None:
    note = create_citation(cited_text="word " * 200)
    (line,) = sources(cited("yes", note, note))
    assert line.endswith("…</q>")
    assert len(line) == QUOTED + len("<q></q>")


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
    assert sources(message) == [
        '<a href="https://a.org" target="_blank" rel="noopener noreferrer">A</a>',
    ]


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("a", ""),
        ("```\na", "\n```"),
        ("```py\na\n```", ""),
        ("~~~~\n~~~\na", "\n~~~~"),
        ("```\n```` \nb", ""),
        ("```a``` b", ""),
    ],
)
def test_small_print_is_not_swallowed_by_code_that_was_left_open(text: str, closed: str) -> None:
    assert footed(text, ["x"]) == f'{text}{closed}\n\n<div class="foot"><p>x</p></div>'
    assert footed(text, []) == text
