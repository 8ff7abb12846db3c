"""What suites ask is given in full, and nothing that a model said or that is only right."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest

from evals.suite import Source
from evals.suites import SUITES
from evals.texts import suite_texts


@pytest.mark.parametrize("name", SUITES.listed())
def test_every_suite_gives_texts(name: str) -> None:
    texts = list(suite_texts(SUITES[name]))
    assert len(texts) >= 8
    assert any(len(text.split()) >= 4 for text in texts)


def test_of_generated_dialogues_the_first_ones_count() -> None:
    suite = SUITES["chat_memory"]
    assert suite.kept_apart == 300
    expected = [turn for sample in islice(suite.samples(Source()), 300) for turn in sample.input["turns"]]
    assert list(suite_texts(suite)) == expected


def test_what_a_model_said_and_what_is_right_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    turns = [
        {"role": "user", "content": "I am Ada."},
        {"role": "assistant", "content": "Nice to meet you."},
        {"role": "user", "content": "Who am I?"},
    ]
    path.write_text(json.dumps({"messages": turns, "answer": "You are Ada.", "accept": ["ada"]}) + "\n")
    texts = set(suite_texts(SUITES["recorded"], Source(str(path))))
    assert {"I am Ada.", "Who am I?"} <= texts
    assert not {"Nice to meet you.", "You are Ada.", "ada"} & texts
