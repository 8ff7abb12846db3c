"""Instructions of several kinds: as many as were asked for, in one order."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.data.instructions.mixed import KINDS, instructions
from finetune.data.instructions.wording import around, numbered, worded
from homespun.errors import UsageError

COUNTS = dict.fromkeys(KINDS, 6)


def test_kinds_come_as_often_as_asked_for_and_mixed(public: Path) -> None:
    made = list(instructions(public, 1, COUNTS))
    assert len(made) == 6 * len(KINDS)
    own = {kind: list(KINDS[kind](public, 1, 6)) for kind in KINDS}
    assert all(messages in own[kind] for kind, messages in made)
    order = [kind for kind, _ in made]
    assert {kind: order.count(kind) for kind in KINDS} == COUNTS
    assert order != sorted(order)
    assert made == list(instructions(public, 1, COUNTS)) != list(instructions(public, 2, COUNTS))


def test_conversations_alternate_and_most_prompts_are_short(public: Path) -> None:
    made = [messages for _, messages in instructions(public, 2, dict.fromkeys(KINDS, 40))]
    for messages in made:
        assert [message["role"] for message in messages] == ["user", "assistant"] * (len(messages) // 2)
        assert all(message["content"].strip() == message["content"] != "" for message in messages)
    assert sum(len(messages[0]["content"]) < 900 for messages in made) > 0.95 * len(made)


def test_only_what_is_asked_for_needs_its_data(tmp_path: Path) -> None:
    assert len(list(instructions(tmp_path, 1, {"plans": 2, "copying": 3}))) == 5
    with pytest.raises(UsageError, match="poems"):
        list(instructions(tmp_path, 1, {"poems": 1}))


@pytest.mark.parametrize("text", ["a  [b|c] {d}.. ,x", "one\n\n  two .", "ünï \\ {0}"])
def test_values_are_put_in_to_the_letter(text: str) -> None:
    from random import Random

    for seed in range(20):
        assert worded("[Copy|Say]  this : {v}", Random(seed), v=text).endswith(f"this: {text}")
        assert text in around("Copy this.", text, Random(seed))
    assert numbered(["a", "b"]) == "1. a\n2. b"
