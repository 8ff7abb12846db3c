"""Real requests with honest hand-offs: every request is answered, and none as if it could be met."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from evals.suites.first_contact.handoff import hands_off
from finetune.data.conversations.grammar import expand
from finetune.data.conversations.words import read_sections
from finetune.data.handoffs import handoffs, requests
from homespun.errors import UsageError


@pytest.fixture
def public(tmp_path: Path) -> Path:
    intents = {
        "how do i say cat in french": "translate",
        "call my mum": "make_call",
        "hi there": "greeting",
        "is it cold in rome": "weather",
        "what is 3 times 4": "calculator",
        "why is it so": "oos",
    }
    lines = [json.dumps({"text": text, "intent": intent}) + "\n" for text, intent in intents.items()]
    (tmp_path / "clinc150.jsonl").write_text("".join(lines))
    (tmp_path / "metatool").mkdir()
    (tmp_path / "metatool" / "all_clean_data.csv").write_text("Query,Tool\nFind me a flat,Flats\n")
    (tmp_path / "gsm8k.jsonl").write_text(json.dumps({"question": "How many clips?", "answer": "72"}) + "\n")
    row = {"title": "T", "context": "Built in 1802.", "questions": [
        {"question": "When was it built?", "answers": ["1802"], "start": 9}]}  # fmt: skip
    with gzip.open(tmp_path / "squad-v1.1.jsonl.gz", "wt") as file:
        file.write(json.dumps(row) + "\n")
    return tmp_path


def test_requests_are_sorted_by_what_is_wanted_and_small_talk_is_left_out(public: Path) -> None:
    assert requests(public) == {
        "act": ["call my mum"],
        "look": ["is it cold in rome", "Find me a flat"],
        "know": ["why is it so", "When was it built?"],
        "sums": ["what is 3 times 4", "How many clips?"],
        "language": ["how do i say cat in french"],
    }


def test_every_way_of_handing_off_is_one(public: Path) -> None:
    from random import Random

    for kind, patterns in read_sections("handoffs").items():
        for pattern in patterns:
            for seed in range(12):
                said = expand(pattern, Random(seed))
                assert hands_off(said), (kind, said)


def test_conversations_alternate_and_depend_on_the_seed_alone(public: Path) -> None:
    made, same, other = ([talk.messages for talk in handoffs(public, seed, 60)] for seed in (1, 1, 2))
    assert made == same != other
    for messages in made:
        assert [message["role"] for message in messages] == ["user", "assistant"] * (len(messages) // 2)
        assert all(message["content"].strip() for message in messages)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"clinc150\.jsonl"):
        list(handoffs(tmp_path, 1, 1))


def test_every_request_is_called_by_what_is_wanted(public: Path) -> None:
    kinds = set(read_sections("handoffs"))
    for talk in handoffs(public, 1, 60):
        asked = {place for place, message in enumerate(talk.messages) if message["role"] == "user"}
        assert set(talk.intents) == asked
        assert kinds & set(talk.intents.values())
