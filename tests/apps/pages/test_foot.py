from __future__ import annotations

import pytest

from apps.citations import Source
from apps.pages.foot import QUOTED, footed, named


def test_a_source_has_its_number_its_name_and_its_words() -> None:
    source = Source(2, "Mills", "", "Built in 1802.", "1802")
    assert named(source) == "Passage 2, Mills: <q>Built in <strong>1802</strong>.</q>"


@pytest.mark.parametrize(
    ("quoted", "shown"),
    [
        ("1802", "1802"),
        ("In 1801.", "In 1801."),
        ("1802 or 1802", "1802 or 1802"),  # which of them isn't known
    ],
)
def test_words_stand_out_only_where_it_is_clear_which(quoted: str, shown: str) -> None:
    assert named(Source(None, "", "", quoted, "1802")) == f"<q>{shown}</q>"


def test_an_address_is_a_link_only_where_it_leads_to_the_web() -> None:
    assert named(Source(None, "<i>A</i>", 'https://example.org/?a=1&b="', "", "")) == (
        '<a href="https://example.org/?a=1&amp;b=&quot;" target="_blank" rel="noopener noreferrer">'
        "&lt;i&gt;A&lt;/i&gt;</a>"
    )
    assert named(Source(None, "", "javascript:alert(1)", "", "")) == "javascript:alert(1)"


def test_what_a_passage_says_cannot_become_markup() -> None:
    line = named(Source(None, "<script>", "", "<img src=x onerror=alert(1)> # `a` & <b>", ""))
    assert line == "&lt;script&gt;: <q>&lt;img src=x onerror=alert(1)&gt; # `a` &amp; &lt;b&gt;</q>"


def test_a_long_source_is_cut() -> None:
    line = named(Source(None, "", "", "word " * 200, ""))
    assert line.endswith("…</q>")
    assert len(line) == QUOTED + len("<q></q>")


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
