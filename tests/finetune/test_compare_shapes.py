"""Shapes are compared on the same tokens, and a run of other ones isn't taken for this one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finetune import compare_shapes
from finetune.compare_shapes import Arm, main
from finetune.recipes import home_base
from finetune.recipes.recipe import Context, Kitchen

_SETTINGS = {"compile": "off", "threads": 1, "window": 32, "batch_tokens": 256, "eval_every": 10}


@pytest.fixture
def shapes(
    homespun_home: Path,
    make_folder: Callable[..., Path],
    tiny: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """The runs' folder with prepared tokens, where all shapes are tiny."""
    folder = homespun_home / "runs" / "shapes"
    folder.mkdir(parents=True)
    make_folder().rename(folder / "tokens")
    arms = {"small": Arm(tiny, _SETTINGS), "smaller": Arm({**tiny, "num_layers": 1}, _SETTINGS)}
    monkeypatch.setattr(compare_shapes, "ARMS", arms)
    return folder


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "unseen.txt"
    path.write_text("the dog sat on the mat and the cat sat on the log")
    return path


@pytest.mark.usefixtures("one_thread")
def test_every_shape_sees_as_many_tokens_and_other_counts_are_other_runs(
    shapes: Path, text: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def ran(tokens: int, arms: str) -> list[dict[str, Any]]:
        assert main([str(text), "--tokens", str(tokens), "--arms", arms]) == 0
        lines = capsys.readouterr().out.splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    few = ran(512, "small,smaller")
    assert [row["arm"] for row in few] == ["small", "smaller"]
    assert [row["tokens"] for row in few] == [512, 512]
    assert few[0]["parameters"] > few[1]["parameters"]
    assert all(row["validation"] > 0 and row["text"] > 0 for row in few)
    assert [row["tokens"] for row in ran(1024, "small")] == [1024]
    assert {path.name for path in shapes.iterdir()} == {"tokens", "small-512", "smaller-512", "small-1024"}


@pytest.mark.usefixtures("shapes")
def test_what_cannot_be_compared_is_told_in_one_line(
    text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*arguments: str) -> str:
        assert main(arguments) != 0
        (line,) = capsys.readouterr().err.splitlines()
        return line

    assert "Did you mean small" in told(str(text), "--arms", "smal")
    assert "nowhere can't be read" in told(str(tmp_path / "nowhere"), "--arms", "small")
    text.write_bytes(b"\xff\xfe")
    assert "isn't UTF-8" in told(str(text), "--arms", "small")


def test_tokens_are_prepared_once_as_those_of_home_base_and_want_public_data(
    homespun_home: Path, text: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(text), "--arms", "gpt2"]) != 0
    assert "HOMESPUN_DATA" in capsys.readouterr().err
    asked: list[tuple[Path, int, bool]] = []
    monkeypatch.setattr(
        home_base,
        "prepare_tokens",
        lambda kitchen, size, **given: asked.append((kitchen.tokens, size, "tokenizer" in given)),
    )
    kitchen = Kitchen("shapes", Context(homespun_home, data=homespun_home), {}, {})
    compare_shapes._prepare(kitchen)
    assert asked == [(homespun_home / "runs" / "shapes" / "tokens", 4096, True)]
    kitchen.tokens.mkdir(parents=True)
    (kitchen.tokens / "meta.json").write_text("{}")
    compare_shapes._prepare(kitchen)
    assert len(asked) == 1
    own = Kitchen("shapes-2048", Context(homespun_home, data=homespun_home), {}, {})
    compare_shapes._prepare(own, 2048)
    assert asked[1:] == [(homespun_home / "runs" / "shapes-2048" / "tokens", 2048, False)]


def test_shapes_that_share_a_vocabulary_are_of_nearly_one_size() -> None:
    from finetune.loop import BASE_SHAPE
    from models.nets.decoder_config import DecoderConfig

    sizes = {
        name: DecoderConfig(**{**BASE_SHAPE, **arm.shape(4096), "vocab_size": 4096}).num_parameters()
        for name, arm in compare_shapes.ARMS.items()
        if not arm.vocabulary
    }
    assert max(sizes.values()) < 1.04 * min(sizes.values()), sizes
