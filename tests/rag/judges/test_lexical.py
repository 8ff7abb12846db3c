from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.judges.lexical import Lexical
from rag.judges.overlap import Overlap, Premise

PREMISE = (
    "Hollow Bridge opened in March 1932. It was designed by Ann Lee, and it carries 3,000 cars a day over "
    "the Wend. The government of Aster paid for it."
)


def _score(claim: str) -> float:
    return Lexical().score([(PREMISE, claim)])[0]


@pytest.mark.parametrize(
    "claim",
    [
        "Hollow Bridge opened in March 1932.",
        "It carries 3000 cars a day.",
        "It was designed by Ann Lee.",
        "It was designed by Ann Lee",
        "HOLLOW BRIDGE OPENED IN MARCH 1932",
    ],
)
def test_copied_claims_are_supported(claim: str) -> None:
    assert _score(claim) >= Lexical.threshold


@pytest.mark.parametrize(
    "claim",
    [
        "The town hall burned down in 1871.",
        "Hollow Bridge was blown up by soldiers from Velm.",
        "A ferry runs every hour.",
        "John Smith painted it.",
    ],
)
def test_invented_claims_are_not(claim: str) -> None:
    assert _score(claim) < Lexical.threshold


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Hollow Bridge opened in March 1932.", "Hollow Bridge opened in March 1941."),
        ("It was designed by Ann Lee.", "It was designed by Ann Moor."),
        ("It carries 3,000 cars a day.", "It carries 9,000 cars a day."),
        ("It was designed by Ann Lee.", "It was not designed by Ann Lee."),
        ("Hollow Bridge carries cars.", "Hollow Bridge carries cars and trams."),
    ],
)
def test_a_change_lowers_the_score(right: str, wrong: str) -> None:
    assert _score(wrong) < _score(right)


def test_figures_by_hand() -> None:
    # "the cat sat" and "on the mat" are in the premise; "purple" isn't: three pieces of seven words.
    found = Premise("the cat sat down on the mat in 1950").overlap("the cat sat on the mat purple")
    assert found.content == pytest.approx(3 / 4)
    assert found.neighbours == pytest.approx(2 / 3)
    assert found.copied == pytest.approx(1 - 1.0986122886681098 / 2.0794415416798357)
    assert (found.numbers, found.names) == (1.0, 1.0)


def test_numbers_and_names_that_are_missing_are_seen() -> None:
    premise = Premise("Ann paid three pounds")
    assert premise.overlap("Ann paid 3 pounds").numbers == 1
    assert premise.overlap("Ann paid 4 pounds").numbers == 0
    assert premise.overlap("He and Ann met Bob").names == 0.5


def test_long_words_that_begin_alike_are_one() -> None:
    assert Premise("the government").overlap("govern").content == 1
    assert Premise("the cat").overlap("cats").content == 1
    assert Premise("the car").overlap("cat").content == 0


SOME = ["Ann", "the", "mill", "1950", "red", "three", "not", ",", ".", "opened"]
WORDS = st.lists(st.sampled_from(SOME), max_size=12).map(" ".join)


@settings(max_examples=150)
@given(WORDS, WORDS, WORDS)
def test_figures_are_shares_and_more_premise_never_lowers_them(premise: str, more: str, claim: str) -> None:
    less, full = Premise(premise).overlap(claim), Premise(f"{premise} {more}").overlap(claim)
    for field in Overlap._fields:
        assert 0 <= getattr(less, field) <= 1 + 1e-12
    assert full.copied >= less.copied - 1e-12
    assert (full.content, full.numbers, full.names) >= (less.content, less.numbers, less.names)


@settings(max_examples=100)
@given(st.text(max_size=50), st.text(max_size=50))
def test_any_text_gets_a_probability_that_does_not_depend_on_its_neighbours(premise: str, claim: str) -> None:
    judge = Lexical()
    alone = judge.score([(premise, claim)])
    assert 0 <= alone[0] <= 1
    assert judge.score([("other", "pair"), (premise, claim), (premise, "x")])[1] == alone[0]


def test_repeated_words_take_no_quadratic_time() -> None:
    assert Lexical().score([("a b " * 3000, "a b " * 3000)])[0] > 0.9
