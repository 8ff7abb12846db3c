"""Every scene is played as often as any other, and its kind stands before the answer."""

from __future__ import annotations

import re
from collections import Counter

from evals.suites.first_contact.handoff import hands_off
from finetune.data.conversations.scenes import load_scenes
from finetune.data.scened import FILES, UNSURE_AS_OFTEN, scened
from models.encoders.intent import UNSURE
from models.tokenizers.chat_template import bracketed

ABOUT = re.compile(
    r"(?:think of|thought of|word for|sang of|what) ((?:[\w-]+ )*?[\w-]+)(?:,| one day| too| might)"
)


def test_all_scenes_come_alike_often_with_their_kind_before_the_answer() -> None:
    scenes = sum(len(load_scenes(file)) for file in FILES) + 2
    made = list(scened(1, 3 * (scenes + UNSURE_AS_OFTEN)))
    held = Counter(messages[1]["memory"] for messages in made)
    assert held.pop(bracketed(UNSURE)) == 3 * UNSURE_AS_OFTEN
    assert len(held) == scenes
    assert set(held.values()) == {3}
    assert all([message["role"] for message in messages] == ["user", "assistant"] for messages in made)
    assert all(message["content"].strip() for messages in made for message in messages)


def test_equal_seeds_give_equal_exchanges_and_longer_runs_begin_with_shorter() -> None:
    assert list(scened(1, 40)) == list(scened(1, 90))[:40] != list(scened(2, 40))


def test_where_it_is_not_sure_it_says_what_it_is_and_asks() -> None:
    answers = {
        messages[1]["content"] for messages in scened(1, 600) if messages[1]["memory"] == bracketed(UNSURE)
    }
    assert len(answers) > 5
    assert all("model" in answer and "?" in answer and hands_off(answer) for answer in answers)


def test_what_a_poem_or_a_story_is_about_comes_from_the_question() -> None:
    topics = set()
    for messages in scened(1, 6000):
        if messages[1]["memory"] == "(creative poem topic)":
            asked, answer = (message["content"].lower() for message in messages)
            found = ABOUT.search(answer)
            if found:
                topics.add(found[1])
                assert found[1].split()[-1] in asked, (asked, answer)
    assert len(topics) > 10
