from __future__ import annotations

import errno
import json
import multiprocessing
import os
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.log import Answers, from_plain, to_plain
from evals.sample import Output
from homespun.errors import OutOfSpace

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_an_answer_is_read_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.jsonl"
    given_ = Output("ä\u2028", ("p",), {"turns": [1, None]}, {"tokens": 3}, {"s": 0.25})
    with Answers(path) as answers:
        assert answers.get("k") is None
        assert not path.exists()
        assert answers.put("k", given_) == given_
        assert answers.get("k") == given_
    assert Answers(path).get("k") == given_
    assert len(Answers(path)) == 1


@given(plain)
def test_what_is_scored_at_once_is_what_a_later_run_reads(value: Any) -> None:
    once = from_plain(to_plain(Output(value, trace=value)))
    assert from_plain(json.loads(json.dumps(to_plain(once)))) == once


def test_tuples_and_odd_keys_are_seen_as_json_has_them() -> None:
    assert from_plain(to_plain(Output({1: (2, 3)}))).answer == {"1": [2, 3]}
    assert from_plain(to_plain(Output("a\ud800b"))).answer == "a?b"
    assert from_plain(to_plain(Output("", usage={"a": 1, "b": None}))).usage == {"a": 1}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("output", "error"),
    [
        (Output(object()), TypeError),
        (Output(float("nan")), ValueError),
        (Output("", timing={"s": float("inf")}), ValueError),
    ],
)
def test_what_is_no_plain_value_is_not_kept(tmp_path: Path, output: Output, error: type[Exception]) -> None:
    answers = Answers(tmp_path / "a")
    with pytest.raises(error):
        answers.put("k", output)
    assert answers.get("k") is None
    assert not answers.path.exists()


def test_a_file_cut_anywhere_loses_only_the_line_that_was_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evals.log.os.fsync", lambda handle: None)  # hundreds of files
    path = tmp_path / "a"
    with Answers(path) as answers:
        for number in range(3):
            answers.put(f"k{number}", Output(f"é{number}"))
    whole = path.read_bytes()
    ends = [place for place, byte in enumerate(whole, 1) if byte == 10]
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        # A line without its line feed is whole already.
        kept = [number for number, end in enumerate(ends) if cut >= end - 1]
        with Answers(path) as answers:
            assert [n for n in range(3) if answers.get(f"k{n}") == Output(f"é{n}")] == kept
            assert len(answers) == len(kept)
            answers.put("new", Output("new"))
        again = Answers(path)
        assert again.get("new") == Output("new")
        assert len(again) == len(kept) + 1


@pytest.mark.parametrize(
    "line",
    ["", "[]", "3", '{"key": "x"}', '{"key": "x", "output": 3}', '{"key": "x", "output": {"answer": 1}}'],
)
def test_lines_that_are_not_answers_are_passed_over(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a"
    with Answers(path) as answers:
        answers.put("k", Output(1))
    path.write_bytes(line.encode() + b"\n\xff\xfe\n" + path.read_bytes())
    found = Answers(path)
    assert (len(found), found.get("k")) == (1, Output(1))


def test_the_later_answer_counts_and_what_is_forgotten_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with Answers(path) as answers:
        answers.put("a", Output(1))
        answers.put("a", Output(2))
        answers.put("b", Output(3))
        answers.forget(["b", "nosuch"])
        assert answers.get("b") is None
        answers.put("c", Output(4))
    found = Answers(path)
    assert (found.get("a"), found.get("b"), found.get("c")) == (Output(2), None, Output(4))
    assert [row["key"] for row in _lines(path)] == ["a", "c"]


def test_a_late_thread_may_add_what_it_has(tmp_path: Path) -> None:
    answers = Answers(tmp_path / "a")
    answers.put("a", Output(1))
    answers.close()
    before = psutil.Process().num_fds()
    answers.put("b", Output(2))
    assert psutil.Process().num_fds() == before
    assert Answers(tmp_path / "a").get("b") == Output(2)


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    real = os.write
    full = False

    def write(handle: int, data: bytes) -> int:
        if not full:
            return real(handle, data)
        if len(data) > 10:
            return real(handle, data[:10])  # what still fits
        raise OSError(errno.ENOSPC, "No space left on device")

    def shrinking(handle: int, data: bytes) -> int:
        nonlocal left
        if left <= 0 and full:
            raise OSError(errno.ENOSPC, "No space left on device")
        left -= 1
        return write(handle, data)

    left = 1
    monkeypatch.setattr("evals.log.os.write", shrinking)
    with Answers(path) as answers:
        answers.put("a", Output(1))
        full, left = True, 1
        with pytest.raises(OutOfSpace, match="Free some space"):
            answers.put("b", Output(2))
        assert answers.get("b") is None
        full = False
        answers.put("c", Output(3))
    found = Answers(path)
    assert (found.get("a"), found.get("b"), found.get("c")) == (Output(1), None, Output(3))


def _write(path: Path, name: str, count: int) -> None:
    with Answers(path) as answers:
        for number in range(count):
            answers.put(f"{name}{number}", Output("x" * (number * 37 % 9000)))


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(path, name, 120)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(_lines(path)) == 360
    assert len(Answers(path)) == 360
