"""How much proposals count: arms are compared by whole calls, and the best can be kept."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from finetune import calibrate_proposals
from finetune.calibrate_proposals import ARMS, Score, main, measured
from models.chat.weights import locate
from models.encoders.adapters import find_adapter
from models.shelves import SHIPPED


@pytest.fixture
def guided(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models" / "guided"
    shutil.copytree(tiny_model, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "proposals": {"filler": "fill"}}))
    monkeypatch.setenv("HOMESPUN_HOME", str(tmp_path))
    return folder


def test_a_model_without_proposals_has_nothing_to_weigh(
    tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tiny_model)]) == 2
    assert "no proposals" in capsys.readouterr().err


def test_the_best_arm_is_kept_beside_what_stood_there(
    guided: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if locate("guided").guidance is None:
        pytest.skip("the encoder isn't here")
    scores = [Score(arm, right, 4, 1, 1) for right, arm in enumerate(ARMS)]
    monkeypatch.setattr(calibrate_proposals, "measured", lambda *_: scores)
    assert main(["guided"]) == 0
    assert "proposals" in json.loads((guided / "config.json").read_text())
    assert main(["guided", "--write"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"best: {[*ARMS][-1]}"] * 2
    balance = dict(zip(("net", "proposals"), ARMS[[*ARMS][-1]], strict=True))
    kept = json.loads((guided / "config.json").read_text())["proposals"]
    assert kept == {"filler": "fill", "choice": balance, "values": balance}


def test_proposals_alone_make_calls_that_random_weights_cannot(teach: object, guided: Path) -> None:
    assert find_adapter("fill", guided.parent.parent).folder.is_relative_to(SHIPPED)
    alone = {score.arm: score for score in measured(locate("guided", guided.parent.parent), 9)}
    assert alone["decoder alone"].right == 0
    assert alone["proposals alone"].right > 0
    assert all(score.calls + score.none == 9 for score in alone.values())
