import json
from pathlib import Path

import pytest

from homespun.errors import ModelNotFound, UsageError
from models.encoders.cross import CrossEncoder
from rag.judges.cross import build
from rag.judges.loading import load_judge


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    config = {"architectures": ["BertForSequenceClassification"], "id2label": {"0": "no", "1": "yes"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    return tmp_path


def test_scores_are_the_cross_encoders(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CrossEncoder, "score", lambda self, pairs: [len(claim) / 10 for _, claim in pairs])
    judge = load_judge(f"cross:{folder}", threads=1)
    assert judge.score([("a", "bcd"), ("a", "bcdef"), ("", "b"), ("a", "")]) == [0.3, 0.5, 0.0, 1.0]
    assert judge.supports([("a", "bcd"), ("a", "bcdef")]) == [False, True]
    assert judge.name == f"cross:{folder}"


def test_the_fingerprint_changes_with_the_files_and_names_a_file(folder: Path) -> None:
    before = build(str(folder)).fingerprint
    assert before == build(str(folder)).fingerprint
    assert before.replace("-", "").isalnum()
    (folder / "model.safetensors").write_bytes(b"other weights")
    assert build(str(folder)).fingerprint != before


def test_no_checkpoint_is_refused_when_the_judge_is_made() -> None:
    with pytest.raises(UsageError, match="Name the cross-encoder"):
        load_judge("cross")
    with pytest.raises(ModelNotFound, match="hf download"):
        load_judge("cross:org/none-of-this-name")
