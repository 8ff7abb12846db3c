"""Files in parts: together they are what was split, and what is missing or altered is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.parts import LIST, join, main, split
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
