"""What was stated to a booking assistant is found where it was said last, or was never said."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from finetune.data.reading.stated import stated_examples
from homespun.errors import UsageError


@pytest.fixture
def public(tmp_path: Path) -> Path:
    slots = [
        {"name": name, "description": about, "is_categorical": False, "possible_values": []}
        for name, about in {"city": "City of it", "film": "Name of the film", "snack": "A snack"}.items()
    ]
    intent = {
        "name": "BuyTickets",
        "description": "Buy tickets",
        "required_slots": ["city", "film"],
        "optional_slots": {"snack": "nuts"},
    }
    services = [
        {"service_name": f"{name}_1", "description": "", "slots": slots, "intents": [intent]}
        for name in ("Cinema", "Bank")
    ]
    (tmp_path / "sgd-schema.json").write_text(json.dumps(services))
    with gzip.open(tmp_path / "sgd.jsonl.gz", "wt") as file:
        for number in range(300):
            call = {
                "service": "Cinema_1",
                "method": "BuyTickets",
                "parameters": {"city": "Oslo", "film": f"Film {number}"},
            }
            turns = [
                {"speaker": "user", "text": "In Bergen, please. No, in Oslo.", "intent": "BuyTickets"},
                {"speaker": "system", "text": "Which film?"},
                {"speaker": "user", "text": f"I'd like to see Film {number}", "intent": "BuyTickets"},
                {"speaker": "system", "text": "Done.", "call": call},
            ]
            record = {"id": str(number), "services": ["Cinema_1"], "turns": turns}
            file.write(json.dumps(record) + "\n")
    return tmp_path


def test_answers_are_what_the_user_said_and_unsaid_parameters_have_none(public: Path) -> None:
    kinds: Counter[str] = Counter()
    for one in stated_examples(public, 1, 80):
        kinds[one.kind] += 1
        if one.kind == "stated":
            assert one.answer == "Oslo" or one.answer.startswith("Film ")
            assert ("city" in one.question.lower()) == (one.answer == "Oslo")
        else:
            assert (one.start, one.end) == (-1, -1)
            assert "snack" in one.question.lower() or "Film" not in one.passage
    assert kinds["stated"] > 30
    assert kinds["never stated"] > 8


def test_equal_seeds_give_equal_questions_and_a_missing_file_is_told(public: Path, tmp_path: Path) -> None:
    assert list(stated_examples(public, 2, 20)) == list(stated_examples(public, 2, 20))
    with pytest.raises(UsageError, match="sgd"):
        list(stated_examples(tmp_path / "nowhere", 2, 20))
