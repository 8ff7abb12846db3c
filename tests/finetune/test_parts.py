"""Files in parts: together they are what was split, and what is missing or altered is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.parts import LIST, join, lying_in_parts, main, split
from homespun.errors import CorruptWeights, UsageError


@given(st.binary(max_size=200), st.integers(1, 60))
def test_parts_are_no_larger_than_asked_and_make_the_whole_again(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, most: int
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    (folder / "train.bin").write_bytes(data)
    parts = split(folder, most)
    assert bool(parts) == (len(data) > most)
    assert all(part.stat().st_size <= most for part in parts)
    assert (folder / "train.bin").is_file() == (not parts)
    join(folder)
    assert [path.name for path in folder.iterdir()] == ["train.bin"]
    assert (folder / "train.bin").read_bytes() == data


def test_a_part_that_is_missing_or_altered_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    (tmp_path / "train.bin").write_bytes(b"abcdef")
    split(tmp_path, 2)
    (tmp_path / "train.bin.001").write_bytes(b"xx")
    with pytest.raises(CorruptWeights, match="send them again"):
        join(tmp_path)
    (tmp_path / "train.bin.001").unlink()
    with pytest.raises(CorruptWeights, match=r"train\.bin\.001"):
        join(tmp_path)
    (tmp_path / "train.bin.001").write_bytes(b"cd")
    assert join(tmp_path) == [tmp_path / "train.bin"]


def test_what_makes_no_sense_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="no folder"):
        split(tmp_path / "nowhere", 2)
    with pytest.raises(UsageError, match="byte"):
        split(tmp_path, 0)
    (tmp_path / LIST).write_text("[")
    assert main(["join", str(tmp_path)]) != 0
    assert "can't be read" in capsys.readouterr().err


def test_splitting_again_leaves_parts_and_their_list_alone(tmp_path: Path) -> None:
    (tmp_path / "train.bin").write_bytes(b"abcdefgh")
    parts = split(tmp_path, 4)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert [len(before[part.name]) for part in parts] == [4, 4]
    assert split(tmp_path, 2) == []
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert lying_in_parts(tmp_path) == ["train.bin"]
    (tmp_path / "valid.bin").write_bytes(b"ijk")
    assert [part.name for part in split(tmp_path, 2)] == ["valid.bin.000", "valid.bin.001"]
    join(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "train.bin": b"abcdefgh",
        "valid.bin": b"ijk",
    }


def test_what_a_broken_off_split_left_is_split_again_or_joined(tmp_path: Path) -> None:
    whole = tmp_path / "train.bin"
    whole.write_bytes(b"abcdefgh")
    split(tmp_path, 2)
    whole.write_bytes(b"abcdefgh")
    (tmp_path / "train.bin.003").unlink()
    assert len(split(tmp_path, 3)) == 3
    assert not (tmp_path / "train.bin.003").exists()
    whole.write_bytes(b"abcdefgh")
    (tmp_path / "train.bin.002").unlink()
    assert join(tmp_path) == [whole]
    assert [path.name for path in tmp_path.iterdir()] == ["train.bin"]


def test_a_whole_file_that_is_another_one_costs_no_part(tmp_path: Path) -> None:
    (tmp_path / "train.bin").write_bytes(b"abcdef")
    split(tmp_path, 2)
    (tmp_path / "train.bin").write_bytes(b"others")
    with pytest.raises(CorruptWeights, match="isn't what was split"):
        join(tmp_path)
    with pytest.raises(UsageError, match=r"another train\.bin"):
        split(tmp_path, 2)
    assert sorted(path.name for path in tmp_path.glob("train.bin.*")) == [
        f"train.bin.00{number}" for number in range(3)
    ]


def test_a_file_named_like_a_part_is_not_lost(tmp_path: Path) -> None:
    (tmp_path / "train.bin").write_bytes(b"abcdef")
    (tmp_path / "train.bin.001").write_bytes(b"!")
    with pytest.raises(UsageError, match=r"train\.bin\.001 is in the way"):
        split(tmp_path, 2)
    (tmp_path / "train.bin.007").write_bytes(b"?")
    (tmp_path / "train.bin.001").unlink()
    split(tmp_path, 2)
    join(tmp_path)
    assert (tmp_path / "train.bin").read_bytes() == b"abcdef"
    assert (tmp_path / "train.bin.007").read_bytes() == b"?"


def test_more_than_a_thousand_parts_are_removed_too(tmp_path: Path) -> None:
    (tmp_path / "train.bin").write_bytes(bytes(1003))
    assert split(tmp_path, 1)[-1].name == "train.bin.1002"
    join(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["train.bin"]


@pytest.mark.parametrize(
    "told",
    [
        [1],
        {"a": {}},
        {"a": 1},
        {"a": {"sha256": "0", "bytes": 2, "parts": 3}},
        {"a": {"sha256": "0", "bytes": 2, "parts": "1"}},
        {"../a": {"sha256": "0", "bytes": 2, "parts": 1}},
    ],
)
def test_a_list_that_is_none_is_told(tmp_path: Path, told: Any, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / LIST).write_text(json.dumps(told))
    assert main(["join", str(tmp_path)]) != 0
    assert "can't be read" in capsys.readouterr().err


def test_joining_wants_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["join", str(tmp_path / "nowhere")]) != 0
    assert "is no folder" in capsys.readouterr().err
