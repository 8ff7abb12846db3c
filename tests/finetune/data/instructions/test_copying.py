"""Copying: every answer can be worked out again from its prompt."""

from __future__ import annotations

import re
from datetime import date, datetime
from random import Random

import pytest

from finetune.data.instructions import forms
from finetune.data.instructions.copying import (
    TASKS,
    copying,
    extract,
    extract_all,
    fields,
    join,
    order,
    pick_one,
    quote,
    reformat,
    repeat,
)

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


def test_what_is_extracted_is_the_only_one_of_its_form() -> None:
    pattern = {"email": r"\S+@\S+\w", "time": r"\b\d\d:\d\d\b", "price": r"[€$£]\d+\.\d\d"}
    found = 0
    for seed in range(600):
        prompt, answer = extract(Random(seed))
        for name, form in pattern.items():
            if re.search(rf"\b(?:the|which|what) {name}\b", prompt, re.I) and re.fullmatch(form, answer):
                found += 1
                assert re.findall(form, prompt) == [answer]
    assert found > 30


def test_all_of_a_form_come_in_order() -> None:
    marks = {"one a line": "\n", "separated by commas": ", ", "with a semicolon": "; "}
    for seed in SEEDS:
        prompt, answer = extract_all(Random(seed))
        mark = next((mark for how, mark in marks.items() if how in prompt.lower()), None)
        if mark is None:
            assert "dashes" in prompt
            assert all(line.startswith("- ") for line in answer.split("\n"))
            answer, mark = answer.replace("- ", ""), "\n"
        parts = answer.split(mark)
        assert 2 <= len(parts) <= 3
        at = [prompt.index(part) for part in parts]
        assert at == sorted(at)


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


def _listed(prompt: str, item: str) -> bool:
    return bool(re.search(rf"(?:^|[\n,;] ?|- |\d\. |[:?.\w] ){re.escape(item)}", prompt))


@pytest.mark.parametrize(
    ("asked", "place"), [("first", 0), ("last", -1), ("second to last", -2), ("third", 2)]
)
def test_the_item_at_a_place(asked: str, place: int) -> None:
    found = 0
    for seed in range(800):
        prompt, answer = pick_one(Random(seed))
        request = next(
            (part for part in re.split(r"\n+", prompt) if re.search(rf"\b{asked}\b", part, re.I)), ""
        )
        if "second to last" in request.lower() and asked in ("last", "second"):
            continue
        # Lists of one line with commas, apart from the request.
        lines = [line for line in prompt.split("\n") if line.count(", ") >= 2 and line != request]
        if request and len(lines) == 1 and ": " not in lines[0]:
            found += 1
            assert lines[0].split(", ")[place] == answer, prompt
    assert found > 10


def test_order_is_right() -> None:
    kinds = {"numbers down": 0, "numbers up": 0, "letters": 0, "back": 0}
    for seed in range(600):
        prompt, answer = order(Random(seed))
        parts = re.split(r", |\n", answer)
        lowered = prompt.lower()
        if re.search("largest first|from high to low", lowered):
            kinds["numbers down"] += 1
            assert [int(one) for one in parts] == sorted(map(int, parts), reverse=True)
        elif re.search("smallest first|from low to high", lowered):
            kinds["numbers up"] += 1
            assert [int(one) for one in parts] == sorted(map(int, parts))
        elif re.search("alphabet|a to z", lowered):
            kinds["letters"] += 1
            assert parts == sorted(parts, key=str.lower)
        else:
            kinds["back"] += 1
            assert ", ".join(reversed(parts)) in prompt
            continue
        assert all(_listed(prompt, part) for part in parts)
    assert min(kinds.values()) > 60


def test_joined_lists_hold_the_same_items() -> None:
    for seed in SEEDS:
        prompt, answer = join(Random(seed))
        lowered = prompt.lower()
        if "numbered" in lowered:
            parts = [line.split(". ", 1)[1] for line in answer.split("\n")]
            assert answer.startswith("1. ")
        elif "dashes" in lowered:
            parts = [line.removeprefix("- ") for line in answer.split("\n")]
        elif "semicolon" in lowered:
            parts = answer.split("; ")
        elif '" + "' in lowered:
            parts = answer.split(" + ")
        else:
            continue
        assert "\n".join(parts) in prompt or ", ".join(parts) in prompt


def test_quoted_lines_are_whole_lines_at_the_place_that_was_asked() -> None:
    by_number = 0
    for seed in SEEDS:
        prompt, answer = quote(Random(seed))
        blocks = prompt.split("\n\n")
        lines = max(blocks, key=lambda block: block.count("\n")).split("\n")
        lines = [re.sub(r"^\d: ", "", line) for line in lines]
        assert answer in lines
        request = next(block for block in blocks if "\n" not in block)
        if wish := re.search(r"\bline (\d)", request, re.I):
            by_number += 1
            assert lines[int(wish[1]) - 1] == answer
        elif wish := re.search(r'line with "(.+?)"', request, re.I):
            assert [line for line in lines if wish[1].lower() in line.lower()] == [answer]
        elif re.search("last line", request, re.I):
            assert lines[-1] == answer
    assert by_number > 40


def test_fields_are_those_of_the_record() -> None:
    for seed in SEEDS:
        prompt, answer = fields(Random(seed))
        assert all(part in prompt for part in answer.split(", "))
        marked = re.search(r"(\w+)(?:: | = | \| | - )" + re.escape(answer), prompt)
        if marked:
            assert prompt.lower().count(marked[1].lower()) >= 2


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
