"""Where a message can be cut."""

from __future__ import annotations

import pytest

from models.encoders.cuts import AND, CLAUSE, COMMA, SENTENCE, cuts, strongest


@pytest.mark.parametrize(
    ("text", "parts", "strengths"),
    [
        ("Oslo, Bergen and Hull", ["Oslo", "Bergen", "Hull"], [COMMA, AND]),
        ("for 1,5 and 10 years", ["for 1", "5", "10 years"], [COMMA, AND]),
        ("mix red, then mix blue", ["mix red", "mix blue"], [CLAUSE]),
        ("Sail to Hull. Stay there.", ["Sail to Hull", "Stay there."], [SENTENCE]),
        ("boil it; chill it", ["boil it", "chill it"], [SENTENCE]),
        ("Hull as well as Leith", ["Hull", "Leith"], [CLAUSE]),
    ],
)
def test_a_message_is_cut_between_its_parts(text: str, parts: list[str], strengths: list[int]) -> None:
    found = cuts(text)
    starts, ends = [0, *(cut.end for cut in found)], [*(cut.start for cut in found), len(text)]
    assert [text[start:end] for start, end in zip(starts, ends, strict=True)] == parts
    assert [cut.strength for cut in found] == strengths


@pytest.mark.parametrize("text", ["Salem, OR", "on March 4, 2031", "1,500 steps", "sandy", "at St. Ives"])
def test_places_dates_and_numbers_stay_whole(text: str) -> None:
    assert not [cut for cut in cuts(text) if cut.strength < SENTENCE]


def test_only_a_part_of_the_text_is_looked_at() -> None:
    text = "tea and milk and figs"
    assert [cut.start for cut in cuts(text, 8)] == [12]
    assert [cut.start for cut in cuts(text, 0, 12)] == [3]


def test_the_strongest_cut_is_the_first_of_sentences_and_the_last_of_others() -> None:
    text = "a and b and c. D is. E or f"
    found = cuts(text)
    best = strongest(found, 0, len(text))
    assert best is not None
    assert (best.strength, text[best.end]) == (SENTENCE, "D")
    best = strongest(found, 0, 13)
    assert best is not None
    assert (best.strength, text[best.end]) == (AND, "c")
    assert strongest(found, 0, 3) is None
