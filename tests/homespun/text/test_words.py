from __future__ import annotations

import pytest

from homespun.text.words import FUNCTION_WORDS, names, normal, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cities", "city"),
        ("walked", "walking"),
        ("stopped", "stop"),
        ("Ann's", "ann"),
        ("1,000", "1000"),
        ("three", "3"),
        ("third", "3rd"),
        ("boxes", "box"),
        ("can't", "cannot"),
        ("making", "make"),
        ("quickly", "quick"),
    ],
)
def test_forms_of_one_word_are_equal(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("one", "other"), [("bus", "bu"), ("1950", "1905"), ("gas", "ga"), ("lens", "leans")]
)
def test_different_words_stay_apart(one: str, other: str) -> None:
    assert normal(one) != normal(other)


def test_decimals_are_one_word() -> None:
    assert words("It costs 3.5 now.") == ["it", "cost", "3.5", "now"]


def test_names_are_capitals_after_the_first_word() -> None:
    assert names("Yesterday Ann Lee met the Queen.") == ["ann", "lee", "queen"]


@pytest.mark.parametrize("word", ["note", "notes", "Noted", "bees", "doe", "wheres"])
def test_no_ending_is_cut_so_far_that_a_function_word_is_left(word: str) -> None:
    assert not {*words(word)} & FUNCTION_WORDS


def test_a_note_and_notes_are_one_word() -> None:
    assert normal("notes") == normal("note") != normal("not")
