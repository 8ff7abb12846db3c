"""Documents that share words with evaluation are found, for the right suites, and no others are."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import pytest

from finetune.data.cleaning.decontaminate import Apart, read_texts
from homespun.errors import UsageError

LONG = "The heron stands in the shallows for so long that minnows forget it."
SUITES = {"birds": [LONG, "Which bird hums best?"], "talk": ["Hello there", "which bird hums best", "Who?"]}


def _names(document: object) -> set[str]:
    (clash,) = Apart(SUITES).clashes([document])  # type: ignore[list-item]
    return set() if clash is None else set(clash.names)


def test_a_run_of_eight_words_clashes_and_one_of_seven_does_not() -> None:
    eight = "look: STANDS, in the shallows; for so long (that) cat"
    assert _names(eight) == {"birds"}
    assert _names("look, stands in the shallows for so long until it rains") == set()
    (clash,) = Apart(SUITES).clashes([eight])
    assert clash is not None
    assert clash.words == {"birds": "stands in the shallows for so long that"}


def test_a_run_is_counted_within_one_message() -> None:
    before, after = "it stands in the shallows", "for so long that minnows go"
    assert _names(f"{before} {after}") == {"birds"}
    assert _names([{"role": "user", "content": before}, {"role": "user", "content": after}]) == set()
    assert _names([{"role": "user", "content": f"{before}\n{after}"}]) == {"birds"}


def test_short_texts_clash_as_a_whole_and_for_every_suite_that_has_them() -> None:
    asked = {"role": "user", "content": "which bird hums best"}
    assert _names([asked, {"role": "assistant", "content": "All of them."}]) == {"birds", "talk"}
    assert _names([{"role": "user", "content": "Some text.\n\nWhich bird hums best?"}]) == {"birds", "talk"}
    assert _names("Tell me: which bird hums best?") == set()
    assert _names("hello there") == set(), "two words are everybody's"


def test_the_length_of_runs_can_be_chosen() -> None:
    text = "it stands in the shallows now"
    assert Apart(SUITES, run=4).clashes([text])[0] is not None
    assert Apart(SUITES, run=5).clashes([text])[0] is None
    assert Apart(SUITES, short=2).clashes(["Hello, there!"])[0] is not None
    with pytest.raises(ValueError, match="1 or more"):
        Apart(SUITES, run=0)


def test_empty_documents_and_no_texts_are_no_trouble() -> None:
    nothing: list[dict[str, object]] = [{"role": "assistant", "content": None}]
    assert Apart(SUITES).clashes(["", nothing, []]) == [None] * 3
    assert Apart({"none": []}).clashes([LONG]) == [None]
    assert Apart(SUITES).clashes([]) == []


def test_texts_are_counted_once() -> None:
    assert Apart({"one": ["a", "b", "a"], "two": iter(())}).counts == {"one": 2, "two": 0}


def test_many_documents_take_seconds_and_each_clash_is_its_own() -> None:
    filler = " ".join(f"w{number}" for number in range(60))
    documents = [f"{number} {filler} {number}" for number in range(10_000)]
    documents[4095] += f" {LONG}"  # the last of a batch, and the first of the next one
    documents[4096] += f" {LONG}"
    begun = time.process_time()
    found = Apart(SUITES).clashes(documents)
    # About half a second on a machine of its own.
    assert time.process_time() - begun < 8
    assert [place for place, clash in enumerate(found) if clash] == [4095, 4096]


def test_texts_of_files_and_folders_are_read_by_their_endings(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.jsonl").write_text('{"q": "one", "of": ["two", {"x": "three"}], "n": 4}\n\n"five"\n')
    (tmp_path / "deep" / "b.json").write_text(json.dumps({"data": [{"question": "six"}]}, indent=1))
    (tmp_path / "deep" / "c.txt.gz").write_bytes(gzip.compress(b"seven\neight"))
    (tmp_path / "weights.bin").write_bytes(b"\xff\x00")
    assert list(read_texts(tmp_path / "a.jsonl")) == ["one", "two", "three", "five"]
    assert set(read_texts(tmp_path)) == {
        "one", "two", "three", "five", "six", "seven\neight", "seven", "eight",
    }  # fmt: skip


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"a": "b"}\n{oh}\n')
    (tmp_path / "latin.txt").write_bytes("naïve".encode("latin-1"))
    (tmp_path / "cut.txt.gz").write_bytes(gzip.compress(b"text" * 99)[:-9])
    (tmp_path / "empty").mkdir()
    for name, match in (
        ("bad.jsonl", r"bad\.jsonl, line 2"),
        ("latin.txt", "UTF-8"),
        ("cut.txt.gz", r"cut\.txt\.gz"),
        ("nowhere.txt", r"nowhere\.txt"),
        ("empty", "no file in it"),
    ):
        with pytest.raises(UsageError, match=match):
            list(read_texts(tmp_path / name))
