"""Short lists: places, orders and layouts can be worked out again from the prompt."""

from __future__ import annotations

import re
from random import Random

import pytest

from finetune.data.instructions.lists import join, order, pick_one

SEEDS = range(300)


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
