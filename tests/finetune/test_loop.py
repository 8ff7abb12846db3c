import dataclasses
import io
import json
import math
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from finetune.config import TrainConfig
from finetune.loop import Trainer
from finetune.progress import Reporter
from homespun.errors import Cancelled, HomespunError, UsageError

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def config(make_folder: Callable[..., Path], tmp_path: Path, tiny: dict[str, Any]) -> TrainConfig:
    return TrainConfig(
        tokens=str(make_folder()),
        out=str(tmp_path / "run"),
        name="tiny",
        model=tiny,
        window=32,
        batch_tokens=256,
        max_tokens=256 * 40,
        precision="fp32",
        device="cpu",
        compile="off",
        log_every=1,
        eval_every=20,
        eval_tokens=320,
        checkpoint_every_steps=10,
        threads=1,
    )


def trainer(config: TrainConfig, **changes: Any) -> Trainer:
    resume = changes.pop("resume", False)
    settings = dataclasses.replace(config, **changes)
    return Trainer(settings, resume=resume, reporter=Reporter(io.StringIO(), quiet=True))


def rows(config: TrainConfig, key: str) -> list[tuple[int, float]]:
    lines = (Path(config.out) / "metrics.jsonl").read_text().splitlines()
    return [(row["step"], row[key]) for row in map(json.loads, lines) if key in row]


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_a_periodic_stream_is_learnt(config: TrainConfig, optimizer: str) -> None:
    result = trainer(config, optimizer=optimizer, max_tokens=256 * 120, lr=1e-2).run()
    losses = rows(config, "loss")
    assert losses[0][1] > 0.9 * math.log(300)
    assert losses[-1][1] < 0.3
    assert result.valid_loss < 0.3
    assert result.valid_bpb == pytest.approx(result.valid_loss / math.log(2) * 320 / (320 - 16), rel=0.02)


def test_the_model_folder_loads_and_has_the_trained_weights(config: TrainConfig) -> None:
    from models.store import load_model

    run = trainer(config)
    result = run.run()
    loaded = load_model(result.folder)
    assert loaded.config["training"]["tokens"] == 256 * 40
    ids = torch.arange(100, 110).view(1, -1)
    with torch.no_grad():
        torch.testing.assert_close(loaded.net(ids), run.net.eval()(ids), rtol=0.1, atol=0.1)
    assert json.loads((Path(config.out) / "result.json").read_text())["steps"] == 40


def test_the_model_says_how_it_came_about_without_naming_folders(config: TrainConfig, tmp_path: Path) -> None:
    base = trainer(config).run()
    tuned = trainer(config, out=str(tmp_path / "tuned"), init_from=str(base.folder), name="talker").run()
    written = (tuned.folder / "config.json").read_text()
    training = json.loads(written)["training"]
    assert training["base"]["config"]["name"] == "tiny"
    assert [tokens for tokens, _ in training["curve"]] == [256 * 20, 256 * 40]
    card = (tuned.folder / "README.md").read_text()
    assert "**tiny**" in card
    assert "**talker**" in card
    assert str(tmp_path) not in written + card


def test_accumulated_gradients_equal_those_of_one_batch(config: TrainConfig) -> None:
    marks = np.random.default_rng(0).integers(0, 2, 8000)  # unequal counts in the two halves
    marks.astype(np.uint8).tofile(Path(config.tokens) / "train.loss.bin")
    whole = trainer(config, out=config.out + "1", batch_tokens=16 * 32, micro_tokens=16 * 32)
    halves = trainer(config, out=config.out + "2", batch_tokens=16 * 32, micro_tokens=8 * 32)
    assert (whole.parts, halves.parts) == ([16], [8, 8])
    loss, tokens = whole.backward()
    assert halves.backward() == (pytest.approx(loss, rel=1e-5), tokens)
    for a, b in zip(whole.net.parameters(), halves.net.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-6)


def test_the_gradient_norm_is_clipped(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trainer(config, clip=0.01)
    seen = []
    step = run.optimizer.step

    def watched(scale: float) -> None:
        grads = [p.grad for p in run.net.parameters() if p.grad is not None]
        seen.append(float(torch.nn.utils.get_total_norm(grads)))
        step(scale)

    monkeypatch.setattr(run.optimizer, "step", watched)
    row = run.train_step()
    assert row["grad_norm"] > 0.01
    assert seen == [pytest.approx(0.01, rel=1e-3)]


def test_loss_counts_only_marked_targets(config: TrainConfig) -> None:
    nothing = np.zeros(8000, np.uint8)
    nothing.tofile(Path(config.tokens) / "train.loss.bin")
    run = trainer(config)
    assert run.backward()[0] == 0.0
    assert all(not p.grad.any() for p in run.net.parameters() if p.grad is not None)


@pytest.mark.parametrize("changes", [{}, {"ema": 0.9, "packing": "documents"}, {"dropout": 0.1}])
def test_a_resumed_run_repeats_the_uninterrupted_one_bit_for_bit(
    config: TrainConfig, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "dropout" in changes:
        changes = {"model": {**config.model, **changes}}
    whole = dataclasses.replace(config, out=config.out + "-whole", **changes)
    broken = dataclasses.replace(config, out=config.out + "-broken", **changes)
    expected = trainer(whole).run()

    class Power(BaseException):
        pass

    run = trainer(broken)
    step = run.train_step

    def dies() -> dict[str, Any]:
        if run.step == 27:
            raise Power
        return step()

    monkeypatch.setattr(run, "train_step", dies)
    with pytest.raises(Power):
        run.run()
    assert rows(broken, "loss")[-1][0] == 27
    again = trainer(broken, resume=True)
    assert again.step == 20
    assert again.run().valid_loss == expected.valid_loss
    for key in ("loss", "grad_norm", "valid_loss", "valid_bpb"):
        assert rows(broken, key) == rows(whole, key)


def test_killed_before_the_model_was_written_a_run_is_finished_as_if_it_had_not_been(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trainer(config)

    def dies(*_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_finish", dies)
    with pytest.raises(KeyboardInterrupt):
        run.run()
    before = rows(config, "valid_loss")
    assert [step for step, _ in before] == [20, 40]
    assert trainer(config, resume=True).run().steps == 40
    assert rows(config, "valid_loss") == before


def test_a_run_in_the_way_is_not_overwritten(config: TrainConfig) -> None:
    trainer(config, max_tokens=2560).run()
    with pytest.raises(UsageError, match="--resume"):
        trainer(config)


def test_resuming_with_another_shape_is_told(config: TrainConfig) -> None:
    trainer(config, max_tokens=2560).run()
    with pytest.raises(UsageError, match="another shape"):
        trainer(config, resume=True, model={**config.model, "hidden_size": 64})
    stored = json.loads((Path(config.out) / "config.json").read_text())
    assert stored["model"] == config.model  # what does not fit replaces nothing


def test_a_finished_run_that_goes_on_is_unfinished_until_it_ends_again(config: TrainConfig) -> None:
    trainer(config, max_tokens=2560).run()
    result = Path(config.out) / "result.json"
    assert result.exists()
    longer = trainer(config, resume=True, max_tokens=256 * 2000)
    longer.train_step = lambda: (_ for _ in ()).throw(MemoryError)  # type: ignore[method-assign]
    with pytest.raises(MemoryError):
        longer.run()
    assert not result.exists()


def test_a_batch_that_parts_do_not_divide_is_not_made_larger(config: TrainConfig) -> None:
    run = trainer(config, batch_tokens=10 * 32, micro_tokens=8 * 32)
    assert run.parts == [8, 2]
    assert run.backward()[1] == 10 * 32


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_says_how_to_resume(
    config: TrainConfig, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trainer(config, checkpoint_every_steps=0)
    step = run.train_step

    def interrupted() -> dict[str, Any]:
        if run.step == 13:
            os.kill(os.getpid(), number)
        return step()

    before = signal.getsignal(number)
    monkeypatch.setattr(run, "train_step", interrupted)
    with pytest.raises(Cancelled, match=r"continue it with: .* --resume") as caught:
        run.run()
    assert caught.value.exit_status == 130
    assert "\n" not in str(caught.value)
    assert signal.getsignal(number) is before
    assert trainer(config, resume=True).step == 14


def test_a_loss_that_is_no_number_stops_the_run_before_it_is_saved(config: TrainConfig) -> None:
    run = trainer(config, checkpoint_every_steps=1)
    run.train_step()
    run.save()
    with torch.no_grad():
        run.net.norm.weight.fill_(float("nan"))
    with pytest.raises(HomespunError, match="no longer a number at step 2"):
        run.run()
    assert trainer(config, resume=True).step == 1


def test_minutes_end_a_run_annealed(config: TrainConfig) -> None:
    result = trainer(config, max_tokens=None, max_minutes=0.03).run()
    assert 0 < result.hours * 60 < 0.2
    assert rows(config, "lr_scale")[-1][1] < 0.3
    assert rows(config, "lr_scale")[0][1] > 0


def test_tuning_begins_at_the_given_model(config: TrainConfig) -> None:
    first = trainer(config, max_tokens=256 * 60).run()
    tuned = trainer(config, out=config.out + "-tuned", init_from=str(first.folder), model={"dropout": 0.1})
    assert tuned.net.config.dropout == 0.1
    found = tuned.validate()
    assert found is not None
    assert found[0] == pytest.approx(first.valid_loss, abs=0.05)


def test_tuning_on_another_tokenizer_is_refused(
    config: TrainConfig, make_folder: Callable[..., Path]
) -> None:
    first = trainer(config, max_tokens=2560).run()
    other = make_folder(name="other")
    described = json.loads((other / "tokenizer.json").read_text())
    described["model"]["merges"] = described["model"]["merges"][:-1]
    (other / "tokenizer.json").write_text(json.dumps(described))
    with pytest.raises(UsageError, match="another tokenizer"):
        trainer(config, out=config.out + "2", tokens=str(other), init_from=str(first.folder))


def test_averaged_weights_are_what_is_kept(config: TrainConfig) -> None:
    from models.store import load_model

    run = trainer(config, ema=0.95)
    result = run.run()
    assert run.averages is not None
    kept = load_model(result.folder).net.embedding.weight
    index = next(i for i, p in enumerate(run.net.parameters()) if p is run.net.embedding.weight)
    torch.testing.assert_close(kept, run.averages.values[index].bfloat16().float())
    assert not torch.allclose(kept, run.net.embedding.weight, atol=1e-3)


def test_a_window_beyond_the_nets_positions_is_refused(config: TrainConfig) -> None:
    with pytest.raises(UsageError, match="window 128 is more than max_positions 64"):
        trainer(config, window=128)
