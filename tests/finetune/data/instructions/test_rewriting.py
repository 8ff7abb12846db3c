"""Follow-ups and what they are alone: a question of the data, found again from the chat."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from random import Random

import pytest

from finetune.data.instructions.questions import alone
from finetune.data.instructions.rewriting import _SHARES, _Maker, rewriting
from homespun.errors import UsageError


@pytest.fixture(scope="module")
def maker(public: Path) -> _Maker:
    return _Maker(public)


@pytest.mark.parametrize("kind", sorted(_SHARES))
def test_every_kind_is_possible(maker: _Maker, kind: str) -> None:
    # Places of the lexicon aren't in the data, but a year is.
    assert maker.possible[kind]


def test_what_leans_is_told_by_the_question_before_and_stands_in_the_answer(maker: _Maker) -> None:
    renamed = 0
    for number in range(60):
        rng = Random(number)
        history, follow_up, answer = maker.make("pronoun", rng.choice(maker.possible["pronoun"]), rng)
        assert follow_up != answer
        assert re.search(r"\b(it|its|there|he|his|him|she|her)\b", follow_up)
        assert alone(answer)
        # Every name in the answer is in the question before, and nowhere in the follow-up.
        names = re.findall(r"(?<!^)\b[A-Z]\w+", answer.removeprefix("What"))
        assert names
        assert all(name in history[-1].question for name in names), (history[-1].question, answer)
        assert not any(name in follow_up for name in names)
        renamed += not any(name in answer for name in ("Vessing", "Orlau", "Tamsel", "Berrick"))
    assert 10 < renamed < 50


def test_cut_questions_are_filled_from_the_one_before(maker: _Maker) -> None:
    for number in range(40):
        rng = Random(number)
        history, follow_up, answer = maker.make("word", rng.choice(maker.possible["word"]), rng)
        assert answer.split(" ", 1)[1] == history[-1].question.split(" ", 1)[1]
        assert answer.split()[0] != history[-1].question.split()[0]
        if answer.startswith("When"):
            assert re.search(r"when|time", follow_up, re.I)
        history, follow_up, answer = maker.make("swap", rng.choice(maker.possible["swap"]), rng)
        year = re.search(r"\d{4}", answer)
        assert year
        assert year[0] in follow_up
        assert answer.replace(year[0], "") == history[-1].question.replace("1950", "")


def test_questions_that_stand_alone_stay_as_they_are(maker: _Maker) -> None:
    for kind in ("same", "new"):
        for number in range(20):
            rng = Random(number)
            asked = rng.choice(maker.possible[kind])
            history, follow_up, answer = maker.make(kind, asked, rng)
            assert follow_up == answer == asked.question
            assert all((one.article == asked.article) == (kind == "same") for one in history)


def test_prompts_show_the_chat_and_the_follow_up(public: Path) -> None:
    prompts = [messages[0]["content"] for messages in rewriting(public, 2, 200)]
    assert all(prompt.count("?") >= 2 for prompt in prompts)
    requests = {
        word for prompt in prompts for word in re.findall(r"(?:Rewrite|Turn|Expand|Complete|Put)", prompt)
    }
    assert len(requests) > 3
    made = list(rewriting(public, 1, 40))
    assert made[:9] == list(rewriting(public, 1, 9)) != list(rewriting(public, 2, 9))


def test_missing_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="squad"):
        list(rewriting(tmp_path, 1, 1))


def test_questions_for_which_there_is_no_rule_are_told(tmp_path: Path) -> None:
    row = {"title": "T", "context": "Ada came.", "questions": [{"question": "Name her", "answers": ["Ada"]}]}
    with gzip.open(tmp_path / "squad-v1.1.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    with pytest.raises(UsageError, match="none that one of the rules is for"):
        list(rewriting(tmp_path, 1, 1))
