from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from evals.questions import read
from evals.sample import Sample
from finetune.data.reading import squad
from homespun.errors import UsageError

CONTEXT = "Hollow Bridge opened in 1932."
OFFICIAL = {
    "version": "v2.0",
    "data": [
        {
            "title": "Bridges",
            "paragraphs": [
                {
                    "context": CONTEXT,
                    "qas": [
                        {
                            "id": "5a",
                            "question": "When?",
                            "is_impossible": False,
                            "answers": [{"text": "1932", "answer_start": 24}] * 2,
                        },
                        {
                            "id": "5b",
                            "question": "How long?",
                            "is_impossible": True,
                            "answers": [],
                            "plausible_answers": [{"text": "1932", "answer_start": 24}],
                        },
                    ],
                }
            ],
        },
        {
            "title": "Towers",
            "paragraphs": [{"context": "It fell.", "qas": [{"question": "Did it?", "answers": []}]}],
        },
    ],
}


def _told(samples: list[Sample]) -> list[Any]:
    return [(one.id, one.group, one.input["question"], one.input["passages"], one.target) for one in samples]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("name", ["dev-v2.0.json", "dev.json.gz"])
def test_squads_own_file_on_one_line_or_many(tmp_path: Path, name: str, indent: int | None) -> None:
    path = tmp_path / name
    text = json.dumps(OFFICIAL, indent=indent).encode()
    path.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    found = list(read(path))
    assert _told(found) == [
        ("5a", "Bridges", "When?", [CONTEXT], ["1932"]),
        ("5b", "Bridges", "How long?", [CONTEXT], []),
        ("2-1-1", "Towers", "Did it?", ["It fell."], []),
    ]
    assert [one.tags["kind"] for one in found] == ["answerable", "unanswerable", "unanswerable"]


def test_training_and_measuring_read_squads_forms_alike(tmp_path: Path) -> None:
    path = tmp_path / "dev.jsonl"
    asked = [{"id": 7, "question": "When?", "answers": ["1932"], "start": 24}]
    line = {"title": "Bridges", "context": CONTEXT, "questions": asked}
    path.write_text("\n".join(map(json.dumps, [line, *OFFICIAL["data"]])))
    here = [(one.group, one.input["question"], one.input["passages"]) for one in read(path)]
    parts = squad.paragraphs(path)
    there = [(part.title, one.question, [part.context]) for part in parts for one in part.questions]
    assert here == there
    assert [one.id for one in read(path)] == ["7", "5a", "5b", "3-1-1"]


def test_squads_rows_on_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {
        "id": "5a",
        "title": "Bridges",
        "context": CONTEXT,
        "question": "When?",
        "answers": {"text": ["1932", "1932", "in 1932"], "answer_start": [24, 24, 21]},
    }
    none = {**row, "id": "5b", "answers": {"text": [], "answer_start": []}}
    monkeypatch.setattr("evals.data._loader", lambda: lambda *_, **__: {"validation": [row, none]})
    assert _told(list(read("hf:rajpurkar/squad_v2"))) == [
        ("5a", "Bridges", "When?", [CONTEXT], ["1932", "in 1932"]),
        ("5b", "Bridges", "When?", [CONTEXT], []),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"data": [{"title": "T", "paragraphs": 3}]}', r"line 1, article 1: questions with passages need"),
        ('{"data": ["T"]}', r"article 1: questions with passages need"),
        ('{"title": "T", "context": "c", "questions": [{"question": "q"}]}', r"line 1: questions with"),
        ('{"context": "c", "question": "q", "answers": 3}', r"line 1: questions with passages need"),
        ('{"context": "c", "questions": []}', r"line 1: questions with passages need"),
        ('{"title": null, "context": "c", "questions": []}', r"line 1: questions with passages need"),
        ('{"title": "T", "context": "c", "questions": [{"question": "q", "answers": "c"}]}', r"line 1: ques"),
        ('{"data": []}', "holds no questions with passages"),
        ('{\n"data"', "line 1, is not JSON"),
        ("[\n1]", "begins an array"),
        ("\n", "holds no questions with passages"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "data.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=message):
        list(read(path))


def test_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no file .*questions with passages"):
        list(read(tmp_path / "none.json"))
