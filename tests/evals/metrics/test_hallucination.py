from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.metrics.hallucination import KINDS, analyse

PASSAGES = [
    "Hollow Bridge opened in March 1932. It was designed by Ann Lee. "
    "It carries 3 million cars a year and isn't lit at night.",
    "Ann Lee was born in Leeds. She had three sons.",
]

FOUND = [
    ("Hollow Bridge opened in April 1932.", "date", "April 1932"),
    ("Hollow Bridge opened in 1941.", "date", "1941"),
    ("It opened on 4 May 1932.", "date", "4 May 1932"),
    ("It opened on a Sunday in March 1932.", "date", "Sunday"),
    ("It was designed by John Smith.", "entity", "John Smith"),
    ("Smith designed it.", "entity", "Smith"),
    ("It was designed by Ann Moor.", "entity", "Moor"),
    ("Ann Lee was born in York.", "entity", "York"),
    ("It carries 4 million cars a year.", "number", "4"),
    ("She had five sons.", "number", "five"),
    ("It was not designed by Ann Lee.", "negation", "not"),
    ("Ann Lee wasn't born in Leeds.", "negation", "wasn't"),
    ("It is lit at night.", "negation", "lit"),
    ("It was designed by Ann Lee and has a revolving restaurant.", "addition", "revolving restaurant"),
]

NOT_FOUND = [
    "Hollow Bridge opened in March 1932.",
    "It opened in 1932, in March.",
    "It carries 3,000,000 cars.",
    "It carries three million cars a year.",
    "She had 3 sons.",
    "Ann Lee designed it.",
    "It isn't lit at night.",
    "It is not lit at night.",
    "",
    "…",
]


@pytest.mark.parametrize(("sentence", "kind", "words"), FOUND)
def test_kind_and_place_of_what_passages_lack(sentence: str, kind: str, words: str) -> None:
    findings = analyse(sentence, PASSAGES)
    assert (kind, words) in [(found.kind, found.text) for found in findings]


@pytest.mark.parametrize("sentence", NOT_FOUND)
def test_what_passages_say_is_not_found(sentence: str) -> None:
    assert analyse(sentence, PASSAGES) == []


def test_without_passages_all_that_says_something_is_found() -> None:
    assert {found.kind for found in analyse("In 1932 Ann Lee built nine bridges.", [])} == {
        "date",
        "entity",
        "number",
        "addition",
    }


def test_a_date_put_together_from_two_is_found() -> None:
    passage = (
        "It opened in March 1932, after long work by men from all parts of Aster, and closed in April 1950."
    )
    (found,) = analyse("It opened in March 1950.", [passage])
    assert (found.kind, found.text) == ("date", "March 1950")


WORDS = " ".join([*PASSAGES, *(row[0] for row in FOUND)]).split()
TEXT = st.lists(st.sampled_from(WORDS), max_size=15).map(" ".join)


@settings(max_examples=150)
@given(TEXT | st.text(max_size=40), st.lists(TEXT | st.text(max_size=40), max_size=2))
def test_findings_are_exact_ordered_and_apart(sentence: str, passages: list[str]) -> None:
    end = 0
    for found in analyse(sentence, passages):
        assert found.kind in KINDS
        assert end <= found.start < found.end
        assert sentence[found.start : found.end] == found.text
        end = found.end


@settings(max_examples=60)
@given(TEXT)
def test_a_copied_text_has_no_findings_of_names_numbers_and_additions(sentence: str) -> None:
    assert {found.kind for found in analyse(sentence, [sentence])} <= {"negation"}
