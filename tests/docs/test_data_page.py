"""The page on data: every suite has its section, and what the section shows is what the suite reads."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evals.sample import Sample
from evals.suite import Source
from evals.suites import SUITES
from homespun.errors import UsageError

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def _blocks(suite: str, language: str = "jsonl") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", SECTIONS[suite], re.MULTILINE | re.DOTALL)


LINES = [(suite, line) for suite in SECTIONS for block in _blocks(suite) for line in block.splitlines()]


def _read(suite: str, path: Path) -> list[Sample]:
    return list(SUITES[suite].samples(Source(str(path))))


def test_every_suite_has_a_section_with_an_example() -> None:
    assert list(SECTIONS) == list(SUITES)
    assert {suite for suite, _ in LINES} == set(SUITES)


@pytest.mark.parametrize(("suite", "line"), LINES)
def test_an_example_is_read_alone(tmp_path: Path, suite: str, line: str) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(line, encoding="utf-8")
    assert len(_read(suite, path)) == len(json.loads(line).get("questions", [1]))


@pytest.mark.parametrize("suite", SECTIONS)
def test_a_suites_examples_make_one_gzipped_file(tmp_path: Path, suite: str) -> None:
    path = tmp_path / "data.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(_blocks(suite)).encode()))
    found = _read(suite, path)
    assert len({sample.id for sample in found}) == len(found) >= 1


@pytest.mark.parametrize("suite", SECTIONS)
def test_a_field_said_to_be_needed_is_named_on_the_page(tmp_path: Path, suite: str) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text('{"nothing": 1}\n')
    with pytest.raises(UsageError, match=r"data\.jsonl, line 1") as caught:
        _read(suite, path)
    line = str(caught.value)
    assert "docs/data.md" in line
    needed = re.findall(r"no '(\w+)'", line.split(";")[0]) or ["question", "passages", "answers"]
    assert needed
    for field in needed:
        assert f"`{field}`" in SECTIONS[suite]


def test_plain_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / "data.txt"
    (text,) = _blocks("lm", "txt")
    path.write_text(text)
    assert [sample.input["text"] for sample in _read("lm", path)] == [text.strip("\n")]


@pytest.mark.parametrize("suite", SECTIONS)
def test_an_empty_file_is_named(tmp_path: Path, suite: str) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_text("\n")
    with pytest.raises(UsageError, match=r"empty\.jsonl"):
        _read(suite, path)


def test_the_sections_name_groups_and_tags_as_they_are(tmp_path: Path) -> None:
    wanted = {
        "chat_memory": ("move-1", {"distance": "1"}),
        "long_memory": ("move-1", {"case": "move"}),
        "first_contact": ("", {"category": "facts"}),
        "judge": (None, {"source": "news"}),
        "answers": ("Ferry", {"kind": "answerable", "source": "travel"}),
        "reading": ("Ferry", {"kind": "answerable", "source": "travel"}),
        "safety": ("", {"kind": "leak"}),
        "latency": ("", {"length": "short"}),
        "recorded": ("monday", {}),
        "lm": ("", {}),
    }
    for suite, (group, tags) in wanted.items():
        path = tmp_path / f"{suite}.jsonl"
        path.write_text("".join(_blocks(suite)), encoding="utf-8")
        first, *more = _read(suite, path)
        assert dict(first.tags) == tags
        assert first.group == group if group is not None else first.group == more[0].group != ""
    path.write_text("".join(_blocks("tools")), encoding="utf-8")
    alike = _read("tools", path)
    assert alike[0].group == alike[1].group
    assert dict(alike[0].tags) == {"category": "simple"}


def test_an_array_becomes_lines_as_the_page_tells(tmp_path: Path) -> None:
    program = re.search(r'`python -c "(.*?)" < data\.json', PAGE)
    assert program
    lines = tmp_path / "data.jsonl"
    lines.write_text(_run(program[1], json.dumps([{"text": "a"}, {"text": "b"}], indent=1)))
    assert [sample.input["text"] for sample in _read("lm", lines)] == ["a", "b"]


@pytest.mark.parametrize("suite", ["answers", "reading"])
def test_squads_own_file_is_read_as_the_page_tells(tmp_path: Path, suite: str) -> None:
    assert "SQuAD's own files" in SECTIONS[suite]
    asked = [
        {"question": "q", "answers": [{"text": "a", "answer_start": 0}]},
        {"question": "r", "answers": []},
    ]
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": [{"title": "T", "paragraphs": [{"context": "c", "qas": asked}]}]}))
    assert [sample.target for sample in _read(suite, path)] == [["a"], []]


def _run(program: str, text: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
