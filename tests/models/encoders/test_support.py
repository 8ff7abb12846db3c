"""Support is what the passage says of the question's words, names and numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encoders.support import SIGNS, support

PASSAGE = "Ada Lovelace was born in London in 1815. She wrote notes about the Analytical Engine."
START = PASSAGE.index("1815")


def test_a_question_about_what_is_told_is_supported() -> None:
    found = support("When was Ada Lovelace born?", PASSAGE, START)
    assert found == {"missing": 0.0, "apart": 0.0, "unnamed": 0.0, "negated": 0.0}


@pytest.mark.parametrize(
    ("question", "sign"),
    [
        ("When was Charles Babbage born?", "unnamed"),
        ("What did Ada Lovelace write in 1843?", "unnamed"),
        ("When was Ada Lovelace not born?", "negated"),
        ("When wasn't Ada Lovelace born?", "negated"),
    ],
)
def test_another_name_or_number_and_a_negation_are_seen(question: str, sign: str) -> None:
    assert support(question, PASSAGE, START)[sign] == 1.0


def test_words_of_another_sentence_are_apart_and_words_of_none_are_missing() -> None:
    found = support("Had Lovelace notes about an Engine?", PASSAGE, START)
    assert found["missing"] == 0.0
    assert found["apart"] == pytest.approx(2 / 3)
    assert support("Which portraits did Lovelace paint?", PASSAGE, START)["missing"] == pytest.approx(2 / 3)


@given(st.text(max_size=60), st.text(max_size=80), st.integers(0, 80))
def test_any_text_gives_every_sign_in_its_range(question: str, passage: str, start: int) -> None:
    found = support(question, passage, start)
    assert tuple(found) == SIGNS
    assert all(0.0 <= value <= 1.0 for value in found.values())
