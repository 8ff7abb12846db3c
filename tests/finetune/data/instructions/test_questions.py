"""Questions that lean on the one before: only where the rule is sure."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.data.instructions.questions import (
    Named,
    after_pronouns,
    alone,
    asked_otherwise,
    leaning,
    read_articles,
    shared,
    sound,
    swapped_place,
    swapped_year,
)

FOLLOW = after_pronouns(
    ["What did she build?", "Where does it lie?", "When was he born?", "What did they sell?"]
)
TOWN = Named("Orlau", "it", True)
WOMAN = Named("Ida Berrick", "she")


def test_articles_tell_what_they_are_about(public: Path) -> None:
    about = {one.about.name: one.about for one in read_articles(public)}
    assert about["Vessing"] == Named("Vessing", "it", True)
    assert about["Tomas Berrick"].pronoun == "he"
    assert about["Tomas Berrick"].names == ("Tomas Berrick", "Berrick")


@pytest.mark.parametrize(
    ("question", "named", "made"),
    [
        ("What did Orlau build?", TOWN, "What did it build?"),
        ("What festivals are held in Orlau?", TOWN, "What festivals are held there?"),
        ("What is the capital of Orlau?", TOWN, "What is its capital?"),
        ("What is Orlau's oldest mill?", TOWN, "What is its oldest mill?"),
        ("When was Ida Berrick born?", WOMAN, "When was she born?"),
        ("What colour was Berrick's house?", WOMAN, "What colour was her house?"),
        ("Who wrote a letter to Berrick?", WOMAN, "Who wrote a letter to her?"),
        ("What did the Normans sell?", Named("Normans", "they"), "What did they sell?"),
        ("Who taught the Normans' sons?", Named("Normans", "they"), None),
        # A part of a longer name, a second mention, a word that no pronoun has behind it, another thing.
        ("Who led the University of Orlau?", TOWN, None),
        ("Who was Greta Berrick?", WOMAN, None),
        ("What did Orlau say of Orlau?", TOWN, None),
        ("What did Orlau officials build?", TOWN, None),
        ("What did Vessing build?", TOWN, None),
        ("What did Berrick build?", Named("Berrick", ""), None),
    ],
)  # fmt: skip
def test_a_name_becomes_the_pronoun_of_its_case(question: str, named: Named, made: str | None) -> None:
    assert leaning(question, named, FOLLOW) == made


def test_questions_that_hang_on_others_do_not_stand_alone() -> None:
    assert alone("When was Orlau founded?")
    assert not alone("When was it founded?")
    assert not alone("What is bread made of?")
    assert sound("When was Orlau founded?")
    assert not sound("Orlau was founded when")
    assert not sound("When was Orlau founded? And why?")


def test_what_two_questions_name_is_a_people_or_a_thing_without_persons_about() -> None:
    assert shared("Who led the Normans?", "Who were the Normans?", "He led.") == Named("Normans", "they")
    assert shared("Who led the Arvo Fund?", "What is the Arvo Fund?", "A fund.") == Named("Arvo Fund", "it")
    assert shared("Who led the Marshal?", "Who was the Marshal?", "He led.") is None
    assert shared("Who led the Arvo Fund?", "What is the Ultra Fund?", "A fund.") is None


def test_words_years_and_places_are_swapped_only_where_the_rest_allows_it() -> None:
    assert asked_otherwise("When did the Tamsel Fair begin?") == {
        "where": "Where did the Tamsel Fair begin?",
        "why": "Why did the Tamsel Fair begin?",
    }
    assert asked_otherwise("When did Ida Berrick sell boats in Orlau?") == {
        "why": "Why did Ida Berrick sell boats in Orlau?"
    }
    assert asked_otherwise("Where did Berrick go in 1950?") == asked_otherwise("Who was Ida Berrick?") == {}
    assert swapped_year("Who led Orlau in 1950?", "1960") == "Who led Orlau in 1960?"
    assert swapped_year("Who led Orlau in 1950 and in 1951?", "1960") is None
    assert swapped_place("What is eaten in Wales?", ["Wales", "Chile"]) == (
        "Chile",
        "What is eaten in Chile?",
    )
    assert swapped_place("What did Berrick eat in Wales?", ["Wales", "Chile"]) is None
