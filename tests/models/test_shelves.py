"""Models are found by name on either shelf, and listed without loading them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from homespun.errors import ModelNotFound
from homespun.files import atomic_folder
from models import shelves, store


def test_own_shelf_comes_before_the_shipped_one_and_a_path_is_a_name(
    tiny_model: Path, homespun_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "weights"
    monkeypatch.setattr(shelves, "SHIPPED", shipped)
    shutil.copytree(tiny_model, shipped / "one")
    assert shelves.find_model("one") == shipped / "one"
    shutil.copytree(tiny_model, homespun_home / "models" / "one")
    assert shelves.find_model("one") == homespun_home / "models" / "one"
    assert shelves.find_model("one", tmp_path / "elsewhere") == shipped / "one"
    assert shelves.find_model(tiny_model) == tiny_model
    assert [(m.name, m.where) for m in shelves.list_models()] == [("one", "home")]


def test_folders_in_the_making_or_left_by_a_crash_are_not_listed(
    tiny_model: Path, homespun_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "SHIPPED", tmp_path / "none")
    shelf = homespun_home / "models"
    shutil.copytree(tiny_model, shelf / ".mine.0123456789ab.old")
    with atomic_folder(shelf / "mine") as temporary:
        shutil.copytree(tiny_model, temporary, dirs_exist_ok=True)
        assert shelves.list_models() == []
    assert [info.name for info in shelves.list_models()] == ["mine"]


@pytest.mark.parametrize(
    "name", ["nothing", "", "../models/tiny", "home:adapter", "/no/such/folder", "~nobody.here/x", "x" * 3000]
)
def test_unknown_model_lists_what_exists(
    tiny_model: Path, homespun_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setattr(shelves, "SHIPPED", tmp_path / "none")
    shutil.copytree(tiny_model, homespun_home / "models" / "known")
    with pytest.raises(ModelNotFound, match="known") as caught:
        shelves.find_model(name)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("name", "uses"), [("reader", "read"), ("reader:mine", "read"), ("caller", "choose, fill")]
)
def test_a_model_over_the_encoder_has_no_folder_but_adapters(name: str, uses: str) -> None:
    with pytest.raises(ModelNotFound, match="has no folder of its own") as caught:
        shelves.find_model(name)
    assert str(caught.value).endswith(f"it uses {uses}")


def test_listing_reads_the_card_and_counts_parameters(tiny_model: Path, homespun_home: Path) -> None:
    shutil.copytree(tiny_model, homespun_home / "models" / "tiny")
    info = next(m for m in shelves.list_models() if m.name == "tiny")
    assert info.parameters == store.load_model(tiny_model).net.num_parameters()
    assert (info.license, info.description) == ("Apache-2.0", "Random weights for tests.")
    assert info.bytes == (tiny_model / store.WEIGHTS).stat().st_size
