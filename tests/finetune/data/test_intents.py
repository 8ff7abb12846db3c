"""Messages with their intents: what they're about, balanced, none twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from finetune.data.conversations.scenes import load_scenes
from finetune.data.intents import BROAD, SMALL_TALK, meant


@pytest.fixture
def found(public: Path):
    return meant(public, 3, 800, 25)


def test_every_intent_comes_with_what_was_said_before_and_no_more_often_than_it_may(found) -> None:
    held = Counter(one.intent for one in found)
    assert all(count <= 25 * BROAD.get(intent, 1.0) for intent, count in held.items())
    assert {"tell", "ask back", "know", "sums", "greetings hello", "statement"} <= set(held)
    assert all(one.text.strip() and one.intent for one in found)
    assert any(one.before for one in found)
    assert len({(one.intent, one.text.lower()) for one in found}) == len(found)


def test_small_talk_of_real_people_is_called_as_the_scene_that_answers_it(found) -> None:
    assert ("hi there", "greetings hello") in {(one.text, one.intent) for one in found}
    scenes = {
        f"{file} {scene.name}".replace("_", " ")
        for file in ("greetings", "closings", "persona", "limits", "followups")
        for scene in load_scenes(file)
    }
    assert {intent for intent in SMALL_TALK.values() if " " in intent} - scenes <= {
        "ask back",
        "ask for a joke",
        "ask for a fact",
    }


def test_equal_seeds_give_equal_messages(public: Path) -> None:
    assert meant(public, 4, 60, 5) == meant(public, 4, 60, 5) != meant(public, 5, 60, 5)
