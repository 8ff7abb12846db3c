"""Summaries: sentences of the passage by a stated measure, as many as were wished for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from finetune.data.instructions.passages import passages
from finetune.data.instructions.summaries import _LENGTHS, summaries, summary, trimmed
from homespun.errors import UsageError
from homespun.text.sentences import split

WISHED = {text: length for length, texts in _LENGTHS.items() for text in texts}


def test_passages_are_whole_sentences_without_what_stands_over_them(public: Path) -> None:
    found = list(passages(public))
    assert [(one.title, len(one.sentences), one.opening) for one in found] == [
        ("Red mill", 6, True),
        ("Bread", 5, True),
    ]
    assert found[1].text.startswith("A baker in Orlau")


def test_first_the_lead_then_the_sentence_with_most_frequent_words(public: Path) -> None:
    mill = next(passages(public)).sentences
    lead = "The Red mill of Vessing is a mill by a river."
    sold = "The mill was sold to the village when the river rose."
    museum = "A village museum about the river and the mill was opened later."
    assert summary(mill, 1) == [lead]
    assert summary(mill, 2) == [lead, sold]
    assert summary(mill, 3) == [lead, sold, museum]


def test_what_leans_on_another_sentence_is_not_taken() -> None:
    # Its words are the frequent ones, but nobody would know what "this" is.
    text = (
        "Bees keep honey in a hive.",
        "This hive of bees and honey is theirs.",
        "Some say so.",
        "Honey is sweet.",
    )
    assert summary(text, 2) == ["Bees keep honey in a hive.", "Honey is sweet."]
    assert summary(("They keep bees.", "Bees are kept.", "Bees fly."), 1) == []
    assert summary(("Bees fly.", "Dogs run.", "Cats sleep."), 2) == []


def test_parentheses_and_connectives_are_left_out() -> None:
    assert trimmed("However, bees (and (some) wasps), it seems, fly.") == "Bees, it seems, fly."
    assert trimmed("Butter is a fat.") == "Butter is a fat."


def test_answers_are_of_the_passage_and_as_long_as_wished(public: Path) -> None:
    seen = dict.fromkeys(("wished", "bullets", "plain", "apart"), 0)
    texts = {trimmed(sentence) for one in passages(public) for sentence in one.sentences}
    for messages in summaries(public, 3, 400):
        request, answer = messages[-2]["content"], messages[-1]["content"]
        parts = [line.removeprefix("- ") for line in answer.split("\n")]
        parts = [span.of(part) for part in parts for span in split(part)]
        assert set(parts) <= texts
        assert "(" not in answer
        if len(messages) == 4:
            seen["apart"] += 1
        wish = next(
            (length for text, length in WISHED.items() if re.search(rf"\b{text}\b", request, re.I)), None
        )
        bullets = re.search(r"\b(two|three|2|3) (?:bullet|main points|bullets|most important)", request, re.I)
        if answer.startswith("- "):
            seen["bullets"] += 1
            assert bullets
            assert len(parts) == {"two": 2, "2": 2, "three": 3, "3": 3}[bullets[1].lower()]
        elif wish:
            seen["wished"] += 1
            assert len(parts) == wish
        else:
            seen["plain"] += 1
            assert len(parts) in (1, 2)
    assert min(seen.values()) > 15


def test_equal_seeds_give_equal_ones_and_longer_runs_begin_with_shorter(public: Path) -> None:
    made = list(summaries(public, 1, 30))
    assert made[:12] == list(summaries(public, 1, 12)) != list(summaries(public, 2, 12))


def test_missing_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="onestopenglish"):
        list(summaries(tmp_path, 1, 1))
