"""Fetching uses the real `datasets` library, on data sets made here."""

import json
from functools import partial
from pathlib import Path

import pytest
from datasets import load_dataset

from finetune.data.hub import HUB, HubSet, articles, fetch, paragraphs
from finetune.data.sources import SOURCES
from homespun.errors import HomespunError


def local(folder: Path, rows: list[dict]) -> partial:
    """`load_dataset` over a file: the hub's name and configuration are left aside."""
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def load(_path: str, _config: str | None, **options: object):
        return load_dataset("json", data_files=str(path), cache_dir=str(folder / "cache"), **options)

    return load


def test_squad_rows_are_gathered_by_paragraph_and_read_back(tmp_path: Path) -> None:
    rows = [
        {
            "title": "T",
            "context": context,
            "question": question,
            "answers": {"text": [answer], "answer_start": [0]},
        }
        for context, question, answer in [("One.", "a?", "A"), ("One.", "b?", "B"), ("Two.", "c?", "C")]
    ]
    fetch(tmp_path / "data", sets={"reading": HUB["reading"]}, load=local(tmp_path, rows))
    documents = list(SOURCES["reading"](tmp_path / "data"))
    assert [len(document) for document in documents] == [4, 2]


def test_what_is_there_is_not_downloaded_again(tmp_path: Path) -> None:
    one = {"articles": HubSet("a/b", None, "text/a.jsonl.gz", articles, 1)}
    fetch(
        tmp_path, sets=one, load=local(tmp_path, [{"title": "x", "text": "y"}, {"title": "z", "text": "w"}])
    )
    before = (tmp_path / "text/a.jsonl.gz").read_bytes()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("asked again")

    fetch(tmp_path, sets=one, load=refuse)
    assert (tmp_path / "text/a.jsonl.gz").read_bytes() == before


def test_a_broken_download_leaves_no_file(tmp_path: Path) -> None:
    def broken(*_: object, **__: object):
        yield {"title": "x", "text": "y"}
        raise OSError("connection lost")

    with pytest.raises(HomespunError, match="connection lost"):
        fetch(tmp_path, sets={"articles": HubSet("a/b", None, "a.gz", articles, 9)}, load=broken)
    assert list(tmp_path.iterdir()) == []


def test_paragraphs_of_nothing_are_nothing() -> None:
    assert list(paragraphs([])) == []
