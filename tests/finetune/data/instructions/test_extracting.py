"""Extracting: what is found is what was asked for, and the only one of its form."""

from __future__ import annotations

import re
from random import Random

from finetune.data.instructions.extracting import extract, extract_all, fields, quote

SEEDS = range(300)


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
