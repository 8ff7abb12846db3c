"""What folders of weights have in common: configurations by kind, tensors, shelves."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from homespun.errors import CorruptWeights
from models.adapters import is_adapter
from models.folders import (
    CONFIG,
    Kind,
    Stored,
    damaged,
    named_folders,
    read_file,
    read_tensors,
    tensor_bytes,
    write_folder,
)

KIND = Kind("kite", "a kite", 2, {"tail": str, "string": dict}, "kite.bin")
WHOLE: dict[str, Any] = {"kind": "kite", "format": 2, "tail": "long", "string": {}}


@pytest.fixture
def kite(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "kite", WHOLE, {"kite.bin": b"paper"}, "")


def test_a_folder_of_its_kind_is_read_with_the_hashes_of_its_files(kite: Path) -> None:
    assert KIND.read(kite) == {**WHOLE, "files": {"kite.bin": hashlib.sha256(b"paper").hexdigest()}}


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"kind": "boat"}, "is not a kite"),
        ({"format": 1}, "has format 1, this version reads 2"),
        ({"tail": 3}, "lacks 'tail'"),
        ({"string": []}, "lacks 'string'"),
        ({"files": None}, "lacks 'files'"),
        ({"files": {"other": ""}}, r"lacks the hash of kite\.bin"),
    ],
)
def test_what_is_of_another_form_is_refused(kite: Path, change: dict[str, Any], match: str) -> None:
    (kite / CONFIG).write_text(json.dumps({**KIND.read(kite), **change}))
    with pytest.raises(CorruptWeights, match=match) as caught:
        KIND.read(kite)
    assert str(kite / CONFIG) in str(caught.value)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_tensors_come_back_as_float32(tmp_path: Path, dtype: Stored) -> None:
    table = torch.arange(6.0).reshape(2, 3).T.requires_grad_()
    data = tensor_bytes({"a.b": table}, dtype)
    (tmp_path / "t").write_bytes(data)
    found = read_tensors(tmp_path / "t", hashlib.sha256(data).hexdigest())
    assert found.keys() == {"a.b"}
    assert found["a.b"].dtype == torch.float32
    assert torch.equal(found["a.b"], table.detach())


def test_what_holds_no_tensors_or_was_altered_is_refused(kite: Path) -> None:
    path = kite / "kite.bin"
    with pytest.raises(CorruptWeights, match="cannot be read"):
        read_tensors(path)
    with pytest.raises(CorruptWeights, match="SHA-256"):
        read_tensors(path, "0" * 64)
    assert read_file(path, KIND.read(kite)["files"]["kite.bin"]) == b"paper"
    assert damaged(kite, {"kite.bin": "0" * 64, "lost.bin": ""}) == ["kite.bin", "lost.bin"]


def test_a_shelf_gives_what_a_name_reaches_by_name(tmp_path: Path) -> None:
    for name in ("b", "a-b", "a", ".a.0123456789ab.tmp"):
        write_folder(tmp_path / name, {}, {}, "")
    (tmp_path / "empty").mkdir()
    assert [folder.name for folder in named_folders(tmp_path)] == ["a", "a-b", "b"]
    assert list(named_folders(tmp_path / "nothing")) == []


def test_of_what_cannot_be_read_the_place_says_whether_it_is_an_adapter(tmp_path: Path) -> None:
    inside, beside = tmp_path / "adapters" / "one", tmp_path / "one"
    for folder, wanted in ((inside, True), (beside, False)):
        assert is_adapter(folder) is wanted
        write_folder(folder, {"kind": "adapter"}, {}, "")
        assert is_adapter(folder)
        write_folder(folder, {"kind": "encoder-adapter"}, {}, "")
        assert not is_adapter(folder)
        (folder / CONFIG).write_text("{")
        assert is_adapter(folder) is wanted
