from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def tiny(tiny_model: Path, homespun_home: Path) -> Path:
    """A model of the user's own."""
    folder = homespun_home / "models" / "tiny"
    shutil.copytree(tiny_model, folder)
    return folder


def test_listing_needs_no_torch_and_counts_parameters(homespun: Any, tiny: Path) -> None:
    listed = homespun("models", "--json").json
    own = next(model for model in listed["models"] if model["name"] == "tiny")
    assert listed["default"] == "home"
    assert own["where"] == "home"
    assert own["folder"] == str(tiny)
    assert own["parameters"] > 10_000
    assert homespun("models", "list", "--json").json == listed
    assert any(line.startswith("tiny ") for line in homespun("models").out.splitlines())


def test_a_long_description_is_cut_between_words(homespun: Any, tiny: Path) -> None:
    (tiny / "README.md").write_text("# Tiny\n\n" + "seventh " * 20 + "\n")
    (line,) = (line for line in homespun("models").out.splitlines() if line.startswith("tiny "))
    assert line.endswith(" seventh…")


def test_showing_gives_the_card_and_the_configuration(homespun: Any, tiny: Path) -> None:
    assert "Random weights for tests." in homespun("models", "show", "tiny").out
    shown = homespun("models", "show", "tiny", "--json").json
    assert shown["config"]["kind"] == "decoder"
    assert shown["card"].startswith("# Tiny")
    assert shown["damaged"] == []


def test_showing_says_which_files_are_altered(homespun: Any, tiny: Path) -> None:
    assert "files: whole" in homespun("models", "show", "tiny").out
    (tiny / "tokenizer.json").write_text("{}")
    assert "files: missing or altered: tokenizer.json" in homespun("models", "show", "tiny").out
    assert homespun("models", "show", "tiny", "--json").json["damaged"] == ["tokenizer.json"]


def test_exporting_makes_a_folder_and_never_overwrites(homespun: Any, tiny: Path, tmp_path: Path) -> None:
    target = tmp_path / "exported"
    made = homespun("models", "export", "tiny", str(target), "--json")
    assert made.json == {"model": "tiny", "folder": str(target), "format": "transformers"}
    assert (target / "config.json").is_file()
    assert (target / "model.safetensors").is_file()
    again = homespun("models", "export", "tiny", str(target))
    assert (again.status, "is there already" in again.line) == (2, True)
