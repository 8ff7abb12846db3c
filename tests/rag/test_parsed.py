"""The way from a text back to its original, and what a heading says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.parsed import Block, Origin, Parsed, Run, merged


@st.composite
def _mapped(draw: st.DrawFn) -> tuple[str, str, Origin]:
    """A text, its original, and the way between: pieces that are equal, changed, put in or left out."""
    text, original, runs = "", "", []
    for _ in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(["same", "other", "put in", "left out"]))
        piece = draw(st.text("abc", min_size=1, max_size=4))
        if kind == "same":
            runs.append(Run(len(text), len(piece), len(original), len(piece)))
            text, original = text + piece, original + piece
        elif kind == "other":
            source = piece + draw(st.text("XYZ", min_size=1, max_size=3))
            runs.append(Run(len(text), len(piece), len(original), len(source)))
            text, original = text + piece, original + source
        elif kind == "put in":
            text += "|" * len(piece)
        else:
            original += "_" * len(piece)
    return text, original, Origin(merged(runs) or (Run(len(text), 0, len(original), 0),))


@given(_mapped(), st.data())
def test_a_span_leads_to_what_it_stands_for(mapped: tuple[str, str, Origin], data: st.DataObject) -> None:
    text, original, origin = mapped
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    low, high = origin.span(start, end)
    assert 0 <= low <= high <= len(original)
    for place in range(start, end):
        one = origin.span(place, place + 1)
        if one[0] < one[1]:  # it stands for something, which lies in the whole
            assert low <= one[0]
            assert one[1] <= high
            if one[1] - one[0] == 1:
                assert original[one[0]] == text[place]


def test_without_runs_a_text_is_its_own_original() -> None:
    assert Origin().span(3, 8) == (3, 8)


def test_an_empty_span_lies_where_the_next_character_comes_from() -> None:
    origin = Origin((Run(0, 1, 0, 1), Run(1, 2, 2, 2), Run(3, 1, 4, 5)))
    assert [origin.span(place, place) for place in range(5)] == [(0, 0), (2, 2), (3, 3), (4, 4), (9, 9)]


def test_neighbours_that_go_on_with_each_other_are_joined() -> None:
    assert merged([Run(0, 2, 5, 2), Run(2, 3, 7, 3), Run(5, 0, 10, 0), Run(5, 1, 10, 4)]) == (
        Run(0, 5, 5, 5),
        Run(5, 1, 10, 4),
    )
    apart = (Run(0, 2, 5, 2), Run(2, 3, 8, 3))
    assert merged(apart) == apart


@pytest.mark.parametrize(
    ("text", "media", "said"),
    [
        ("# The  lease", "text/markdown", "The lease"),
        ("## C# and F# ##", "text/markdown", "C# and F#"),
        ("The lease\n=====", "text/markdown", "The lease"),
        ("The lease\n---", "text/markdown", "The lease"),
        ("# 1", "text/html", "# 1"),
        ("Two\nlines", "application/pdf", "Two lines"),
    ],
)
def test_a_heading_says_its_words(text: str, media: str, said: str) -> None:
    parsed = Parsed(text, media)
    assert parsed.heading(Block("heading", 0, len(text), 1)) == said
