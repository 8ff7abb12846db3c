"""Conversations with what was noticed: what stands there was told, and the answer says it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from finetune.data.conversations import talks
from finetune.data.conversations.memory import remembered
from finetune.data.noticed import from_texts, with_notes
from homespun.errors import UsageError
from models.encoders.intent import ASK_ABOUT_TEXT
from models.tokenizers.chat_template import bracketed

PASSAGES = [
    "The mill by the river was built in 1802. Its owner was Greta Holm. It burnt down in 1876.",
    "The bridge was finished in 1911. Masons came from Vessing. The road was paved in 1920.",
]


@pytest.fixture
def public(tmp_path: Path) -> Path:
    rows = []
    for title, context in zip(("Mill", "Bridge"), PASSAGES, strict=True):
        year = context.split(" in ")[1][:4]
        question = {
            "question": f"When was the {title.lower()} made?",
            "answers": [year],
            "start": context.find(year),
        }
        rows.append({"title": title, "context": context, "questions": [question] * 6})
    with gzip.open(tmp_path / "squad-v1.1.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return tmp_path


@pytest.mark.parametrize("source", [lambda: talks(3, 400), lambda: remembered(3, 400)])
def test_what_was_found_was_told_before_and_is_in_the_answer(source) -> None:
    found = empty = plain = 0
    for messages in with_notes(source(), 1):
        *before, last = messages
        assert all("memory" not in message for message in before)
        if "memory" not in last:
            plain += 1
            continue
        assert last["role"] == "assistant"
        value = last["memory"].lower()
        assert before[-1]["role"] == "user"
        if value.startswith("("):
            empty += 1
            assert value.endswith(")")
            continue
        found += 1
        told = " ".join(message["content"].lower() for message in before if message["role"] == "user")
        assert value in told
    assert min(found, empty, plain) > 40


def test_answers_say_what_was_found_for_them() -> None:
    said = [
        message["memory"].lower() in message["content"].lower()
        for messages in with_notes(remembered(5, 600, 1.0), 1)
        for message in messages
        if message.get("memory") and not message["memory"].startswith("(")
    ]
    # A few findings are wrong on purpose, and "an old lamp" may be answered with another article.
    assert sum(said) / len(said) > 0.88


def test_equal_seeds_give_equal_conversations(public: Path) -> None:
    assert list(with_notes(talks(3, 30), 2)) == list(with_notes(talks(3, 30), 2))
    assert list(from_texts(public, 3, 9)) == list(from_texts(public, 3, 9))


def test_texts_are_answered_in_their_own_words_or_not_at_all(public: Path) -> None:
    made = list(from_texts(public, 1, 12))
    answers = [messages[-1] for messages in made]
    nothing = bracketed(ASK_ABOUT_TEXT)
    assert {answer["memory"] for answer in answers} >= {nothing, "1802"}
    for messages, answer in zip(made, answers, strict=True):
        if answer["memory"] == nothing:
            assert "text" in answer["content"]
        else:
            assert answer["memory"] in " ".join(message["content"] for message in messages[:-1])
            assert answer["memory"] in answer["content"]
    with pytest.raises(UsageError, match="squad"):
        list(from_texts(public / "elsewhere", 1, 3))
