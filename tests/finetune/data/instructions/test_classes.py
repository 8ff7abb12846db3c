"""Classes: the answer is one of the labels as the prompt writes them, and the one that the data say."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from finetune.data.instructions.classes import _cases, _labelled, _of_a_form, _of_a_kind, _yes_or_no, classes
from finetune.data.instructions.labels import KIN, SERVICES, TOOLS, TOPICS, intent_label, unlike
from homespun.errors import UsageError


def test_labels_are_what_the_data_say(public: Path) -> None:
    cases = {kind: {case.text: case for case in held} for kind, held in _cases(public).items()}
    assert cases["topic"]["please lock my account"].label == "banking"
    assert cases["topic"]["please lock my account"].others == tuple(
        topic for topic in TOPICS if topic not in ("banking", "credit cards", "work")
    )
    assert cases["intent"]["how many days off have i"].label == "days off left"
    assert cases["intent"]["who carved this statue"].label == ""
    assert "that is right" not in cases["intent"]
    assert cases["tool"]["Which shares went up today?"].label == "stocks and finance"
    assert len(cases["tool"]) == 3
    assert cases["service"]["I would like to hear a slow song"].label == "music"
    # A claim of label 0 says the opposite of what the speaker felt.
    assert {case.text: case.label for case in cases["review"].values()} == {
        "Ines on the kettle: It leaks on the table.": "disliked",
        "Olaf on the lamp: A warm and steady light.": "liked",
    }
    assert [case.label for case in cases["article"].values()] == ["Red mill", "Bread"]


def test_no_wrong_label_is_near_the_right_one(public: Path) -> None:
    for held in _cases(public).values():
        for case in held:
            assert case.label not in case.others
            assert not any(case.label in kin and other in kin for kin in KIN for other in case.others)
    assert not unlike("credit limit", "credit limit change")
    assert not unlike("books", "courses") or not any({"books", "courses"} <= kin for kin in KIN)


def test_tables_of_labels_are_readable_and_tell_apart() -> None:
    intents = [intent for intents in TOPICS.values() for intent in intents.split()]
    assert len(set(intents)) == len(intents)
    assert intent_label("oos") is None
    assert intent_label("card_declined") == "card declined"
    for table in (TOOLS, SERVICES):
        assert len(set(table.values())) == len(table)
        assert not any("_" in label for label in table.values())


def test_the_answer_is_exactly_one_of_the_labels_in_the_prompt(public: Path) -> None:
    answers = set()
    requests = set()
    for messages in classes(public, 3, 500):
        prompt, answer = (message["content"] for message in messages)
        answers.add(answer)
        requests.add(" ".join(prompt.split()[:3]))
        assert answer in prompt or (answer.lower() in ("yes", "no") and re.search(r"yes|no", prompt, re.I))
    assert len(answers) > 25
    assert len(requests) > 40


def test_every_label_can_be_the_answer_and_none_where_none_is_right(public: Path) -> None:
    case = next(one for one in _cases(public)["intent"] if not one.label)
    for seed in range(20):
        answer = _labelled(case, Random(seed))[1]["content"]
        assert re.sub(r"[_ ]", "", answer.lower()) in ("other", "noneofthese", "somethingelse", "none")
    review = next(one for one in _cases(public)["review"] if one.label == "liked")
    good = ("positive", "good", "liked", "happy", "praise", "satisfied", "for", "thumbsup")
    for seed in range(40):
        answer = _labelled(review, Random(seed))[1]["content"]
        assert re.sub(r"[_ ]", "", answer.lower()) in good


def test_yes_and_no_are_true_and_both_come(public: Path) -> None:
    said = set()
    cases = _cases(public)
    for seed in range(60):
        rng = Random(seed)
        case = rng.choice([one for kind in ("topic", "tool", "service") for one in cases[kind]])
        prompt, answer = (message["content"] for message in _yes_or_no(case, rng))
        said.add(answer.lower())
        request = prompt.lower().replace(case.text.lower(), "")
        assert (case.label.lower() in request) == (answer.lower() == "yes")
        assert answer.istitle() or "Yes or No" not in prompt
        review = rng.choice(cases["review"])
        prompt, answer = (message["content"] for message in _yes_or_no(review, rng))
        assert (answer.lower() == "yes") == (review.label == "liked")
    assert said == {"yes", "no"}


def test_kinds_and_forms_are_told_apart() -> None:
    for seed in range(200):
        for case in (_of_a_kind(Random(seed)), _of_a_form(Random(seed))):
            assert case.label
            assert case.label not in case.others
            assert len(case.others) >= 3


def test_equal_seeds_give_equal_ones_and_longer_runs_begin_with_shorter(public: Path) -> None:
    made = list(classes(public, 1, 30))
    assert made[:12] == list(classes(public, 1, 12)) != list(classes(public, 2, 12))


def test_missing_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="clinc150"):
        list(classes(tmp_path, 1, 1))
