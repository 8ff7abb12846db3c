"""Statements about oneself become statements about somebody else, values untouched."""

from __future__ import annotations

from random import Random

import pytest

from finetune.data.conversations.grammar import CLOSE, OPEN
from finetune.data.conversations.memory import draw_item, expand
from finetune.data.conversations.person import of_another


@pytest.mark.parametrize(
    ("own", "anothers"),
    [
        ("I live in Oslo.", "My aunt lives in Oslo."),
        ("My cat is Pomfret, I love her.", "My aunt's cat is Pomfret, {she} love{s} her."),
        ("I'm allergic to nuts and I've told you.", None),
        ("In June I turned forty, my knees complain.", "In June my aunt turned forty, {her} knees complain."),
        ("I usually catch the bus.", "My aunt usually catches the bus."),
        ("The lute is mine.", "The lute is my aunt's."),
        ("I'm a cook and I've got a knife.", "My aunt is a cook and {she} {has} got a knife."),
        ("We live in Oslo.", None),
        ("The code is 12.", None),
        ("What's my name?", None),
    ],
)
def test_the_speaker_becomes_another(own: str, anothers: str | None) -> None:
    forms = (
        {"she": "she", "her": "her", "s": "s", "has": "has"},
        {"she": "he", "her": "his", "s": "s", "has": "has"},
        {"she": "they", "her": "their", "s": "", "has": "have"},
    )
    for seed in range(9):
        made = of_another(own, "my aunt", Random(seed))
        assert made in ({None} if anothers is None else {anothers.format(**form) for form in forms})


def test_a_value_stays_as_it_is() -> None:
    value = f"{OPEN}My Little I{CLOSE}"
    assert value in (of_another(f"I love {value}.", "my aunt", Random(1)) or "")


def test_most_ways_to_tell_a_fact_can_be_anothers_and_keep_its_value() -> None:
    rng, turned = Random(4), 0
    for _ in range(400):
        item = draw_item(rng, owner="aunt")
        said = of_another(expand(item.kind.tells, rng, item.slots, mark=True), "my aunt", rng)
        if said is not None:
            turned += 1
            assert item.value.lower() in said.lower()
            assert "my aunt" in said.lower()
    assert turned > 200
