"""Tuning an adapter: only it trains, only it is saved, and a resumed run is the same run."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from finetune.checkpoint import checkpoints, load_checkpoint
from finetune.config import TrainConfig
from finetune.loop import Trainer
from finetune.progress import Reporter
from homespun.errors import UsageError
from models.blocks.lora import adapter_parameters, adapter_state
from models.nets.decoder import Decoder, DecoderConfig
from models.shelves import list_models
from models.store import load_model, read_config, save_model

pytestmark = pytest.mark.usefixtures("one_thread")

LORA = {"rank": 4, "alpha": 8.0, "targets": ["query", "value", "up", "down"]}


@pytest.fixture
def config(
    make_folder: Callable[..., Path], tmp_path: Path, tiny: dict[str, Any], tokenizer_json: str
) -> TrainConfig:
    torch.manual_seed(1)
    net = Decoder(DecoderConfig.from_dict({**tiny, "vocab_size": 300}))
    base = save_model(tmp_path / "models" / "base", net, tokenizer_json)
    return TrainConfig(
        tokens=str(make_folder()),
        out=str(tmp_path / "run"),
        name="learner",
        init_from=str(base),
        model_folder=str(base / "adapters" / "learner"),
        lora=LORA,
        window=32,
        batch_tokens=256,
        max_tokens=256 * 60,
        lr=2e-2,
        optimizer="adamw",
        ema=0.8,
        precision="fp32",
        device="cpu",
        compile="off",
        eval_every=0,
        eval_tokens=320,
        checkpoint_every_steps=20,
        threads=1,
    )


def trainer(config: TrainConfig, **changes: Any) -> Trainer:
    resume = changes.pop("resume", False)
    settings = dataclasses.replace(config, **changes)
    return Trainer(settings, resume=resume, reporter=Reporter(io.StringIO(), quiet=True))


def test_only_the_adapter_learns_and_its_folder_is_written(config: TrainConfig, tmp_path: Path) -> None:
    assert config.init_from is not None
    base = Path(config.init_from)
    before = (base / "model.safetensors").read_bytes()
    run = trainer(config)
    frozen = {name: p.clone() for name, p in run.net.named_parameters() if not p.requires_grad}
    assert {id(p) for p in run.net.parameters() if p.requires_grad} == set(
        map(id, adapter_parameters(run.net))
    )
    began = run.validate()
    result = run.run()
    assert began is not None
    assert result.valid_loss < began[0] - 0.4
    assert all(torch.equal(run.net.get_parameter(name), value) for name, value in frozen.items())
    assert (base / "model.safetensors").read_bytes() == before
    # What is written is the averaged adapter in bfloat16.
    loaded = load_model(result.folder)
    assert run.averages is not None
    with run.averages.applied():
        kept = {name: tensor.clone() for name, tensor in adapter_state(run.net).items()}
    written = adapter_state(loaded.net)
    assert all(torch.equal(written[name], kept[name].bfloat16().float()) for name in kept)
    training = read_config(result.folder)["training"]
    assert (training["tokens"], training["config"]["lora"]) == (256 * 60, LORA)
    assert str(tmp_path) not in (result.folder / "config.json").read_text()
    assert "base:learner" in [info.name for info in list_models(tmp_path)]
    card = (result.folder / "README.md").read_text()
    assert card.startswith("---\n")
    assert "# base:learner\n" in card
    assert "rank 4 (alpha 8)" in card


def test_a_checkpoint_holds_the_adapter_and_nothing_of_the_base(config: TrainConfig) -> None:
    run = trainer(config)
    run.run()
    state = load_checkpoint(Path(config.out), lambda _: None)
    assert state is not None
    assert state["net"].keys() == adapter_state(run.net).keys()
    assert len(state["averages"]) == len(adapter_parameters(run.net))


def test_a_resumed_run_repeats_the_uninterrupted_one_bit_for_bit(config: TrainConfig, tmp_path: Path) -> None:
    whole = trainer(config, out=str(tmp_path / "whole"), model_folder=str(tmp_path / "whole-adapter"))
    whole.run()
    part = trainer(config)
    for _ in range(30):
        part.train_step()
    part.save()
    del part
    assert checkpoints(Path(config.out))
    torch.manual_seed(99)
    again = trainer(config, resume=True)
    again.run()
    assert again.step == whole.step
    found, expected = adapter_state(again.net), adapter_state(whole.net)
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_resuming_with_another_rank_is_told(config: TrainConfig) -> None:
    run = trainer(config)
    run.train_step()
    run.save()
    with pytest.raises(UsageError, match="resume with the settings it was begun with"):
        trainer(config, resume=True, lora={**LORA, "rank": 5})


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"init_from": None}, "needs a model"),
        ({"lora": {"rank": 0}}, "rank"),
        ({"lora": {"ranks": 3}}, "ranks"),
        ({"lora": {"targets": ["nowhere"]}}, "nowhere"),
    ],
)
def test_what_makes_no_adapter_is_refused(config: TrainConfig, changes: dict[str, Any], match: str) -> None:
    with pytest.raises(UsageError, match=match):
        trainer(config, **changes)


def test_settings_reach_into_the_adapters_shape() -> None:
    config = TrainConfig(init_from="base", lora=LORA).with_overrides({"lora.rank": "16", "lora.dora": "true"})
    assert config.lora == {**LORA, "rank": 16, "dora": True}
