"""Conversations that train a memory: well formed, repeatable, and true to what was told."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest

from finetune.data.conversations.memory import draw_item, kinds, remember, remembered

COUNT = 600


def said(seed: int, count: int, share: float = 0.7) -> list[list[dict[str, Any]]]:
    return [talk.messages for talk in remembered(seed, count, share)]


@pytest.fixture(scope="module")
def talks() -> list[list[dict[str, Any]]]:
    return [remember(Random(f"test {number}")).messages for number in range(COUNT)]


def test_equal_seeds_give_equal_conversations() -> None:
    first = said(7, 40)
    assert first == said(7, 40)
    assert first[:9] == said(7, 9)
    assert first != said(8, 40)


def test_roles_alternate_and_nothing_is_left_unfilled(talks: list[list[dict[str, Any]]]) -> None:
    for messages in talks:
        roles = [message["role"] for message in messages]
        rest = roles[1:] if roles[0] == "system" else roles
        assert rest == ["user", "assistant"] * (len(rest) // 2)
        for message in messages:
            text = message["content"]
            assert text == text.strip() != ""
            assert not re.search(r"[\[\]{}|\x01\x02]", text), text
        assert sum(len(message["content"]) for message in messages) < 4000


def test_every_answer_is_the_last_that_was_noted(talks: list[list[dict[str, Any]]]) -> None:
    """Reads the conversations with nothing but their text: what a reply says was noted before, the newest."""
    fact = re.compile(r"\b(your [a-z][\w' -]*?) is (.+?)(?= now\.|\.| and your |, your |$)", re.IGNORECASE)
    asked = missing = 0
    for messages in talks:
        noted: dict[str, str] = {}
        for message in messages:
            text = message["content"]
            if message["role"] != "assistant":
                continue
            answer = re.fullmatch(r"(Your [a-z][\w' -]*?) is (.+)\.", text)
            if answer is None:
                for key, value in fact.findall(text):
                    noted[key.lower()] = value
                continue
            key, value = answer[1].lower(), answer[2]
            if value in ("something you haven't told me yet", "somewhere you haven't told me yet"):
                missing += 1
                assert key not in noted, messages
            elif key in noted:
                asked += 1
                assert value.startswith(noted[key]), messages
    assert asked > COUNT
    assert missing > COUNT // 4


def test_all_kinds_are_told_and_asked(talks: list[list[dict[str, Any]]]) -> None:
    said = " ".join(message["content"].lower() for messages in talks for message in messages)
    for kind in kinds().values():
        noun = kind.noun.replace("{k}", "").strip(" '")
        assert noun in said, kind.name
        assert len(kind.tells) >= 2
        assert len(kind.asks) >= 2
    rng = Random(1)
    for kind in kinds().values():
        items = [draw_item(rng, kind) for _ in range(40)]
        assert len({item.value for item in items}) > 8, kind.name
        assert all(item.said.startswith(f"{item.key} is ") for item in items)


def test_a_share_is_about_other_things() -> None:
    texts = [" ".join(m["content"] for m in messages) for messages in said(5, 300, share=0.0)]
    assert not any("you haven't told me yet" in text for text in texts)
    mixed = [" ".join(m["content"] for m in messages) for messages in said(5, 300, share=0.5)]
    count = sum(
        "haven't told me yet" in text or re.search(r"Your [\w' ]+ is ", text) is not None for text in mixed
    )
    assert 80 < count < 220
