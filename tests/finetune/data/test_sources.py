"""Sources read the layout that their docstrings state, from folders made here."""

import gzip
import json
from pathlib import Path

import pytest

from finetune.data.documents import characters
from finetune.data.sources import SOURCES
from homespun.errors import UsageError


def write_records(path: Path, records: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(record) + "\n" for record in records)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


def test_wikipedia_gives_the_title_and_the_opening_paragraphs(tmp_path: Path) -> None:
    long = [f"Paragraph {number} " + "word " * 40 for number in range(6)]
    write_records(
        tmp_path / "text/wikipedia-00.jsonl.gz", [{"title": "Otter", "text": "\n".join(["short", *long])}]
    )
    (document,) = SOURCES["wikipedia"](tmp_path)
    assert document.startswith("Otter\nParagraph 0")
    assert "Paragraph 3" in document
    assert "Paragraph 4" not in document
    assert "short" not in document


def test_textbooks_are_cut_between_paragraphs_and_lose_nothing(tmp_path: Path) -> None:
    paragraphs = [f"P{number} " + "x" * 700 for number in range(20)]
    path = tmp_path / "text/openstax-one.txt.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress("\n\n".join(paragraphs).encode()))
    pieces = list(SOURCES["textbooks"](tmp_path))
    assert len(pieces) == 4
    assert "\n\n".join(pieces).split("\n\n") == paragraphs


def test_dialogues_alternate_user_and_assistant(tmp_path: Path) -> None:
    turns = [{"speaker": "user", "text": "Hi "}, {"speaker": "system", "text": "Hello."}]
    write_records(tmp_path / "sgd.jsonl.gz", [{"turns": turns}, {"turns": turns[:1]}])
    assert list(SOURCES["dialogues"](tmp_path)) == [
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
    ]


def test_orders_join_turns_of_one_speaker_and_skip_calls(tmp_path: Path) -> None:
    turns = [
        {"role": "agent", "text": "Welcome."},
        {"role": "user", "text": "a latte"},
        {"role": "agent", "api": {"add": {}}},
        {"role": "agent", "text": "Added."},
        {"role": "agent", "text": "More?"},
    ]
    write_records(tmp_path / "taskmaster4.jsonl", [{"turns": turns}])
    assert list(SOURCES["orders"](tmp_path)) == [
        [{"role": "user", "content": "a latte"}, {"role": "assistant", "content": "Added. More?"}]
    ]


def test_reading_puts_the_paragraph_before_the_first_question_only(tmp_path: Path) -> None:
    questions = [{"question": "Who?", "answers": ["Ada"]}, {"question": "When?", "answers": ["1842"]}]
    row = {"title": "Ada", "context": "Ada wrote it in 1842.", "questions": questions}
    write_records(tmp_path / "squad-v1.1.jsonl.gz", [row])
    (document,) = SOURCES["reading"](tmp_path)
    assert document[0]["content"].startswith("Ada wrote it in 1842.\n\n")
    assert "wrote" not in document[2]["content"]
    assert {message["content"] for message in document if message["role"] == "assistant"} == {"Ada", "1842"}


def test_countries_answer_with_the_fact_alone(tmp_path: Path) -> None:
    facts = [
        {"path": ["Government", "Country name", "conventional short form"], "text": "Benin"},
        {"path": ["Government", "Capital", "name"], "text": "Porto-Novo (constitutional capital); Cotonou"},
        {"path": ["Geography", "Location"], "text": "Western Africa, bordering the Bight of Benin"},
    ]
    write_records(tmp_path / "factbook.jsonl.gz", [{"facts": facts}, {"facts": []}])
    (document,) = SOURCES["countries"](tmp_path)
    assert document[1]["content"] == "The capital of Benin is Porto-Novo."
    assert document[3]["content"] == "Benin is in Western Africa, bordering the Bight of Benin."


def test_reading_takes_squads_own_file_too(tmp_path: Path) -> None:
    asked = [{"question": "Who?", "answers": [{"text": "Ada", "answer_start": 0}]}]
    article = {"title": "Ada", "paragraphs": [{"context": "Ada wrote it in 1842.", "qas": asked}]}
    (tmp_path / "train-v1.1.json").write_text(json.dumps({"data": [article]}))
    (document,) = SOURCES["reading"](tmp_path)
    assert [message["content"] for message in document] == ["Ada wrote it in 1842.\n\nWho?", "Ada"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "sgd.jsonl.gz").write_bytes(b"no gzip")
    (tmp_path / "taskmaster4.jsonl").write_bytes(b"\xff\n")
    for source, name in (("dialogues", "sgd"), ("orders", "taskmaster4")):
        with pytest.raises(UsageError, match=f"{name}.* can't be read"):
            list(SOURCES[source](tmp_path))


def test_a_missing_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"sgd\.jsonl\.gz is missing.*HOMESPUN_DATA"):
        list(SOURCES["dialogues"](tmp_path))


def test_characters_count_what_is_said() -> None:
    assert characters("four") == 4
    assert characters([{"role": "user", "content": "ab"}, {"role": "assistant", "content": "c"}]) == 3
