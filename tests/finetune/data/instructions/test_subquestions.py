"""Joined questions: each part is a question of its own, and what it asks is in what was joined."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from finetune.data.instructions.subquestions import (
    _THREE,
    _TWO,
    _joined,
    _words_joined,
    _years_joined,
    subquestions,
)
from homespun.errors import UsageError

PARTS = ["When was Orlau founded?", "Who led Vessing in 1950?", "What is sold in Tamsel?"]


@pytest.mark.parametrize("count", [2, 3])
def test_joining_keeps_the_words_of_every_part_in_order(count: int) -> None:
    ways = set()
    for seed in range(200):
        asked = _joined(PARTS[:count], Random(seed))
        ways.add(asked)
        at = [asked.lower().index(part[:-1].lower()) for part in PARTS[:count]]
        assert at == sorted(at)
        assert asked.endswith("?")
        assert asked[0].isupper()
    assert len(ways) == len(_TWO if count == 2 else _THREE)


def test_joined_words_and_years_come_apart() -> None:
    for seed in range(20):
        asked, parts = _words_joined("When was the Tamsel Fair founded?", Random(seed))
        assert asked.endswith(" was the Tamsel Fair founded?")
        words = re.split(r", | and ", asked.removesuffix(" was the Tamsel Fair founded?"))
        assert [part.split()[0].lower() for part in parts] == [word.lower() for word in words]
        asked, parts = _years_joined("Who led Orlau in 1950?", Random(seed))
        years = re.findall(r"\d{4}", asked)
        assert parts == [f"Who led Orlau in {year}?" for year in years]
        assert "1950" in years
        assert len(set(years)) == len(years) >= 2


def test_answers_are_numbered_questions_that_the_prompt_asks(public: Path) -> None:
    counts = {1: 0, 2: 0, 3: 0}
    leant = 0
    for messages in subquestions(public, 4, 300):
        prompt, answer = (message["content"] for message in messages)
        listed = answer.split("\n")
        counts[len(listed)] += 1
        for number, line in enumerate(listed, 1):
            part = line.removeprefix(f"{number}. ")
            assert part != line
            assert part.endswith("?")
            assert part[0].isupper()
            # All its words were said; a pronoun stood for the name at times, joined words at others.
            words = re.findall(r"\w+", part.lower().replace("'s", ""))
            said = re.findall(r"\w+", prompt.lower())
            # "There" stands for "in" and a name.
            missing = [word for word in words if word not in said and not (word == "in" and "there" in said)]
            assert not missing, (prompt, answer)
            leant += part[1:-1] not in prompt
    assert min(counts.values()) > 10
    assert leant > 20


def test_equal_seeds_give_equal_ones_and_longer_runs_begin_with_shorter(public: Path) -> None:
    made = list(subquestions(public, 1, 30))
    assert made[:12] == list(subquestions(public, 1, 12)) != list(subquestions(public, 2, 12))


def test_missing_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="squad"):
        list(subquestions(tmp_path, 1, 1))
