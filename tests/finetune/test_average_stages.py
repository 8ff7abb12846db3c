from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from finetune.average_stages import average, main
from homespun.errors import UsageError
from models.store import load_model, read_config, save_model


@pytest.fixture
def stages(tiny_model: Path, tmp_path: Path) -> tuple[Path, Path]:
    older, newer = tmp_path / "older", tmp_path / "newer"
    shutil.copytree(tiny_model, older)
    loaded = load_model(tiny_model)
    with torch.no_grad():
        for weights in loaded.net.parameters():
            weights.add_(1.0)
    tokens = (tiny_model / "tokenizer.json").read_text(encoding="utf-8")
    save_model(newer, loaded.net, tokens, generation={}, training={"tokens": 1}, card="# Tiny\n")
    return newer, older


def test_weights_lie_between_the_stages_and_the_folder_says_so(
    stages: tuple[Path, Path], tmp_path: Path
) -> None:
    newer, older = stages
    assert main([str(newer), str(older), str(tmp_path / "out"), "--share", "0.25"]) == 0
    made, before = load_model(tmp_path / "out").net, load_model(older).net
    for own, old in zip(made.parameters(), before.parameters(), strict=True):
        torch.testing.assert_close(own, old + 0.75, atol=1e-2, rtol=0)
    assert read_config(tmp_path / "out")["training"] == {"tokens": 1, "averaged": 0.25}


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0])
def test_a_share_that_averages_nothing_is_refused(
    stages: tuple[Path, Path], tmp_path: Path, share: float
) -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        average(*stages, tmp_path / "out", share)


def test_another_models_stage_is_refused(stages: tuple[Path, Path], tmp_path: Path) -> None:
    newer, older = stages
    path = older / "tokenizer.json"
    # Another vocabulary of the same size; its hash must hold.
    loaded = load_model(older)
    save_model(
        older, loaded.net, path.read_text().replace('"weather"', '"whether"') + " ", generation={}, card="#\n"
    )
    with pytest.raises(UsageError, match="differ in their shape or their tokens"):
        average(newer, older, tmp_path / "out", 0.5)
