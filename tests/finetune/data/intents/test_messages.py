"""Messages with their intents: what they're about, balanced, none twice."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from finetune.data.conversations import talks
from finetune.data.conversations.scenes import load_scenes
from finetune.data.intents.messages import BROAD, SMALL_TALK, meant
from homespun.errors import UsageError
from models.encoders.intent import ASK_ABOUT_TEXT, ASK_BACK


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


def test_what_is_called_asking_back_asks(public: Path) -> None:
    asking = said = 0
    for talk in talks(6, 1500):
        asked = {place for place, _ in talk.asked}
        for place, intent in talk.intents.items():
            if intent == ASK_BACK:
                asking += place in asked
                said += 1
    assert asking == said > 300


def test_a_question_behind_a_text_is_read_behind_what_was_said_of_the_text(public: Path) -> None:
    found = [one for one in meant(public, 3, 100, 30) if one.intent == ASK_ABOUT_TEXT]
    assert found
    assert all("?" in one.text for one in found)
    assert any(one.before for one in found)


def test_a_file_that_is_missing_is_told_before_anything_is_generated(public: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(public, folder)
    (folder / "text" / "onestopenglish.jsonl").unlink()
    with pytest.raises(UsageError, match="onestopenglish"):
        meant(folder, 3, 10**9, 10)
