"""Copying: every answer can be worked out again from its prompt."""

from __future__ import annotations

import re
from datetime import date, datetime
from random import Random

import pytest

from finetune.data.instructions import forms
from finetune.data.instructions.copying import TASKS, copying, reformat, repeat
from finetune.data.instructions.extracting import extract, quote

SEEDS = range(300)


@pytest.mark.parametrize("task", [repeat, extract, quote], ids=lambda task: task.__name__)
def test_what_is_copied_stands_in_the_prompt(task) -> None:
    answers = set()
    for seed in SEEDS:
        prompt, answer = task(Random(seed))
        assert answer
        assert answer in prompt
        assert answer == answer.strip()
        answers.add(answer)
    assert len(answers) > 250


def _days(text: str) -> set[date]:
    found = set()
    for form, pattern in {
        "%Y-%m-%d": r"\d{4}-\d\d-\d\d", "%d/%m/%Y": r"\d\d/\d\d/\d{4}", "%d.%m.%Y": r"\d\d\.\d\d\.\d{4}",
        "%d %B %Y": r"\d{1,2} [A-Z]\w+ \d{4}", "%B %d, %Y": r"[A-Z][a-z]+ \d{1,2}, \d{4}",
    }.items():  # fmt: skip
        found |= {datetime.strptime(one, form).date() for one in re.findall(pattern, text)}
    return found


def test_another_form_says_the_same() -> None:
    dates = letters = 0
    for seed in range(600):
        prompt, answer = reformat(Random(seed))
        if days := _days(answer):
            dates += 1
            assert len(days) == 1
            assert days <= _days(prompt)
            assert answer not in prompt
            continue
        plain = re.sub(r"[\W_]", "", answer).lower()
        if len(plain) > 4:
            letters += 1
            said = re.sub(r"[\W_]", "", prompt).lower()
            first_last = "".join(reversed([re.sub(r"\W", "", part) for part in answer.lower().split(" ", 1)]))
            initial = re.fullmatch(r"\w\. (\S+)", answer)
            assert plain in said or first_last in said or (initial and initial[1] in prompt), (prompt, answer)
        if "without commas" in prompt:
            assert f"{int(answer):,}" in prompt
    assert dates > 100
    assert letters > 200


def test_entries_of_other_scripts_are_made_too() -> None:
    texts = "".join(forms.foreign(Random(seed)) for seed in SEEDS)
    for script in ("αβ", "бв", "你好", "あい", "アイ", "ابت", "éö"):
        assert any(char in texts for char in script), script
    assert "\u03a2" not in texts


def test_forms_are_told_apart_by_their_look() -> None:
    for seed in SEEDS:
        assert re.fullmatch(r"[\w.-]+@\w+\.[a-z.]+", forms.e_mail(Random(seed)))
        assert re.fullmatch(r"\d\d:\d\d", forms.clock(Random(seed)))
        assert re.fullmatch(r"[€$£]\d{1,3}\.\d\d", forms.price(Random(seed)))
        assert _days(forms.dated(Random(seed)))


def test_every_task_is_drawn_and_equal_seeds_give_equal_ones() -> None:
    assert len(TASKS) == len({task for task, _ in TASKS})
    made = list(copying(1, 200))
    assert made[:50] == list(copying(1, 50)) != list(copying(2, 50))
    assert len({messages[0]["content"] for messages in made}) == 200
