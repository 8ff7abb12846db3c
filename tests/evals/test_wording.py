"""What suites read answers by."""

from __future__ import annotations

import re

import pytest

from evals.wording import LACKING, NOTHING, UNSURE, denied, sentences, straight, words

KNOWS_NOT = re.compile("|".join((UNSURE, NOTHING, LACKING)), re.IGNORECASE)


def test_sentences_end_at_stops_but_not_in_titles_and_numbers() -> None:
    assert sentences("It’s 6.45. Ask Dr. Lee!\nReally?") == ["It's 6.45.", "Ask Dr Lee!", "Really?"]
    assert sentences(" \n ") == []


def test_words_are_lower_case_and_keep_their_apostrophe() -> None:
    assert words("Don’t ask: it's 3rd-rate.") == ["don't", "ask", "it's", "3rd", "rate"]
    assert straight("“don‘t”") == '"don\'t"'


@pytest.mark.parametrize(
    ("before", "reach", "found"),
    [
        ("It's not ", 0, True),
        ("It isn’t in ", 1, True),
        ("It's not Sydney but ", 1, False),
        ("It's not Sydney but ", 2, True),
        ("It's ", 2, False),
        ("A knot of ", 2, False),
    ],
)
def test_a_denial_stands_right_before(before: str, reach: int, found: bool) -> None:
    assert denied(before, reach) is found


@pytest.mark.parametrize(
    "said",
    ["I'm not sure.", "I am really unaware of it.", "I have no idea.", "I've absolutely no record.",
     "We have no information on that.", "I lack that.", "That's more than I know."],
)  # fmt: skip
def test_not_knowing_is_seen(said: str) -> None:
    assert KNOWS_NOT.search(said)


@pytest.mark.parametrize(
    "said",
    ["I'm sure.", "I'm not sure you know it.", "I have a record.", "They have no idea.", "I know more."],
)
def test_knowing_is_not_taken_for_it(said: str) -> None:
    assert not KNOWS_NOT.search(said)
