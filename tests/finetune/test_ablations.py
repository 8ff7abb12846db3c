"""Tables of ablations: kept with the model, one of a heading, and shown in its card."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from finetune.ablations import note, shown
from finetune.card import render
from homespun.errors import CorruptWeights
from models.store import load_model, read_config


def test_a_table_is_kept_shown_and_replaced_by_one_of_the_same_heading(
    tiny_model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(tiny_model, folder)
    before = load_model(folder).fingerprint
    note(folder, "Who writes", ("who", "right"), [("both", 3), ("decoder", 0.25)])
    note(folder, "Shapes", ("shape", "bits"), [("wide", "1.2")])
    note(folder, "Who writes", ("who", "right"), [("both", 1234)])
    config = read_config(folder)
    assert [table["what"] for table in config["training"]["ablations"]] == ["Shapes", "Who writes"]
    card = "\n".join(shown(config["training"]))
    assert "Who writes:\n\n| who | right |\n|---|---|\n| both | 1,234 |" in card
    assert "| wide | 1.2 |" in card
    assert shown({}) == []
    assert load_model(folder).fingerprint == before, "answers that were kept would be asked anew"


def test_the_card_of_a_model_shows_them() -> None:
    net = {
        "num_layers": 2, "hidden_size": 32, "num_heads": 4, "num_kv_heads": 2, "activation": "swiglu",
        "intermediate_size": 64, "positions": "rope", "max_positions": 128, "vocab_size": 300,
    }  # fmt: skip
    table = {"what": "Who writes", "columns": ["who", "right"], "rows": [["both", 2]]}
    stage = {"tokens": 1, "steps": 1, "hours": 0.1, "valid_loss": 1.0, "valid_bits_per_byte": 1.0}
    assert "## Ablations\n\nWho writes:" in render(
        "mine", {"net": net, "training": {**stage, "ablations": [table]}}
    )


def test_a_damaged_configuration_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"format": 1}))
    with pytest.raises(CorruptWeights):
        note(tmp_path, "a", ("b",), [])
