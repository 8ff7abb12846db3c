"""The decoding bench, on a tiny model."""

import json
from pathlib import Path

import pytest

from apps.bench.decode import run
from homespun.errors import HomespunError, ModelNotFound, UsageError

pytest.importorskip("transformers")


def test_both_engines_decode_the_same_exported_weights(tiny_model: Path) -> None:
    figures = run(tiny_model, tokens=12, prompt_tokens=5, threads=(1,), repeat=1, rounds=1)
    assert json.loads(json.dumps(figures)) == figures
    assert figures["model"] == tiny_model.name
    assert figures["equal_tokens"] is True
    assert figures["best"] == figures["tokens_per_second"]["1"] > 0
    assert figures["best_transformers"] == figures["tokens_per_second_transformers"]["1"] > 0
    assert figures["cpu_ratio"] > 0
    assert figures["ratio"] == pytest.approx(figures["best"] / figures["best_transformers"], abs=0.01)


def test_a_process_that_fails_is_reported(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.interop.huggingface.to_transformers", lambda net, folder: folder.mkdir())
    with pytest.raises(HomespunError, match=r"measuring ours on 1 threads failed: .*config\.json"):
        run(tiny_model, tokens=2, prompt_tokens=2, threads=(1,), repeat=1, rounds=1)


def test_bad_sizes_and_models_are_refused(tiny_model: Path) -> None:
    with pytest.raises(UsageError, match="positive"):
        run(tiny_model, tokens=0)
    with pytest.raises(UsageError, match="context is 1024"):
        run(tiny_model, tokens=2000)
    with pytest.raises(ModelNotFound):
        run("no-such-model")
