"""The loop that tunes an adapter on the encoder: one stage, from prepared rows to an adapter's folder.

Everything that a step depends on is in the checkpoint, so a run that was killed and resumed goes through the
same numbers as one that was not.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from finetune.adapting.batches import RowBatch, RowBatches
from finetune.adapting.card import render
from finetune.adapting.config import AdaptConfig
from finetune.adapting.result import AdaptResult
from finetune.adapting.rows import Rows
from finetune.adapting.tasks import TASKS
from finetune.checkpoint import checkpoints, load_checkpoint, save_checkpoint
from finetune.precision import Compiled, autocast, set_threads
from finetune.progress import MetricsLog, Reporter
from finetune.schedule import lr_scale
from finetune.signals import StopSignal
from homespun.errors import Cancelled, HomespunError, UsageError
from homespun.files import atomic_write, sweep
from models.blocks.lora import (
    LoRAConfig,
    adapted,
    adapter_parameters,
    adapter_state,
    load_adapter_state,
    low_rank,
    merged,
)
from models.encoders.adapters import HEAD, find_adapter, load_adapter, save_adapter
from models.encoders.trunk import locate, open_trunk
from models.nets.encoder import Encoder

# Layers of one compiled function for each width of rows.
_SHAPES = 16


class AdaptTrainer:
    """One stage. `run()` begins or resumes it and returns when the adapter's folder is written."""

    def __init__(
        self, config: AdaptConfig, *, resume: bool = False, reporter: Reporter | None = None, again: str = ""
    ) -> None:
        """Open the rows, build the net, and load the newest checkpoint when resuming.

        Raises:
            UsageError: The folder holds a run and `resume` is False; or settings and rows don't fit.
        """
        self.config, self.reporter = config, reporter or Reporter()
        self.again = again or "the same command with --resume"
        self.out = Path(config.out)
        if checkpoints(self.out) and not resume:
            raise UsageError(f"{self.out} holds a run already; continue it with --resume")
        if config.task not in TASKS:
            raise UsageError(f"there is no task {config.task!r}: {', '.join(TASKS)}")
        self.task = TASKS[config.task]
        set_threads(config.threads)
        self.train, self.valid = Rows(Path(config.rows) / "train"), Rows(Path(config.rows) / "valid")
        labels = self.train.meta.get("labels")
        self.settings = {**config.settings, **({"labels": labels} if labels else {})}
        self.source = locate(config.trunk)
        torch.manual_seed(config.seed)
        self._build()
        self.batches = RowBatches(self.train, config.batch_tokens, seed=config.seed, widths=config.widths)
        self.total = max(1, round(self.batches.per_epoch * config.epochs))
        decayed = [p for p in self._trained() if p.dim() > 1]
        plain = [p for p in self._trained() if p.dim() < 2]
        heads = list(self.head.parameters())
        groups = [
            {"params": decayed, "lr": config.lr, "weight_decay": config.weight_decay},
            {"params": plain, "lr": config.lr, "weight_decay": 0.0},
            {"params": heads, "lr": config.head_lr, "weight_decay": 0.0},
        ]
        self.rates = [float(group["lr"]) for group in groups if group["params"]]  # type: ignore[arg-type]
        self.optimizer = torch.optim.AdamW(
            [group for group in groups if group["params"]], betas=(config.beta1, config.beta2), fused=True
        )
        torch._dynamo.config.recompile_limit = _SHAPES
        self.loss = Compiled(self._loss, self.reporter.warn, enabled=config.compile)
        self.metrics = MetricsLog(self.out / "metrics.jsonl")
        self.step = self.examples = 0
        self.last: float | None = None
        self.elapsed = 0.0
        self.out.mkdir(parents=True, exist_ok=True)
        sweep(self.out)
        if resume:
            self._load()
        atomic_write(self.out / "config.json", json.dumps(config.to_dict(), indent=2) + "\n")

    def _build(self) -> None:
        config, trunk = self.config, open_trunk(self.source)
        self.lora = LoRAConfig(
            rank=config.rank,
            alpha=config.alpha,
            targets=config.targets,
            dora=config.dora,
            rslora=config.rslora,
            dropout=config.lora_dropout,
        )
        # The written-out attention is the quicker one to train on a processor.
        shape = replace(trunk.net.config, dropout=config.dropout, fused_attention=False)
        net = Encoder(shape)
        net.load_state_dict(trunk.net.state_dict())
        net.requires_grad_(False)
        self.base = net
        labels = self.train.meta.get("labels", ())
        self.head = nn.Linear(shape.hidden_size, self.task.outputs or max(1, len(labels)))
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        self.net = adapted(net, self.lora)
        self.began: dict[str, Any] | None = None
        self.first: dict[str, Tensor] = {}
        if config.init_from is not None:
            self._begin_from(Path(config.init_from), trunk)
        if config.full:
            self.net = merged(self.net)
            for parameter in self.net.layers.parameters():
                # Matrices only: what an adapter can't hold must not change.
                if parameter.dim() == 2:
                    parameter.requires_grad_(True)
        self.net.train()

    def _begin_from(self, folder: Path, trunk: Any) -> None:
        start = find_adapter(folder)
        self.began = {"task": start.config["task"], **start.config.get("training", {})}
        net, head = load_adapter(start, trunk, self.source.fingerprint)
        load_adapter_state(self.net, adapter_state(net))
        ours, theirs = self.settings.get("labels"), start.settings.get("labels")
        if ours and theirs:
            places = [(ours.index(label), theirs.index(label)) for label in ours if label in theirs]
        else:
            places = [(place, place) for place in range(min(self.head.out_features, head.out_features))]
        with torch.no_grad():
            for mine, place in places:
                self.head.weight[mine] = head.weight[place]
                self.head.bias[mine] = head.bias[place]
        self.first = self._weights()

    def _weights(self) -> dict[str, Tensor]:
        """A copy of the adapter's and the head's weights."""
        head = {f"{HEAD}{name}": tensor for name, tensor in self.head.state_dict().items()}
        return {name: tensor.clone() for name, tensor in {**adapter_state(self.net), **head}.items()}

    def _load_weights(self, weights: Mapping[str, Tensor]) -> None:
        head = {name: tensor for name, tensor in weights.items() if name.startswith(HEAD)}
        load_adapter_state(self.net, {name: weights[name] for name in weights if name not in head})
        self.head.load_state_dict({name.removeprefix(HEAD): tensor for name, tensor in head.items()})

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """Inside, the weights are those that are kept."""
        share = self.config.average
        if not share:
            yield
            return
        own = self._weights()
        self._load_weights({name: own[name].lerp(self.first[name], share) for name in own})
        try:
            yield
        finally:
            self._load_weights(own)

    def _trained(self) -> list[nn.Parameter]:
        if self.config.full:
            return [parameter for parameter in self.net.parameters() if parameter.requires_grad]
        return adapter_parameters(self.net)

    # One step

    def _loss(
        self, ids: Tensor, mask: Tensor, types: Tensor, marks: Tensor, kinds: Tensor, real: Tensor
    ) -> Tensor:
        states = self.net(ids, mask=mask, types=types)
        logits = self.head(states).float()
        return self.task.loss(logits, mask, types, marks, kinds, real)

    def _forward(self, loss: Any, batch: RowBatch) -> Tensor:
        with autocast(torch.device("cpu"), self.config.precision):
            found: Tensor = loss(*batch.tensors)
        return found

    def progress(self) -> float:
        """How much of the stage is done, 0 to 1."""
        return min(1.0, max(self.step / self.total, self.elapsed / (60 * self.config.max_minutes)))

    def train_step(self) -> dict[str, Any]:
        """One optimiser step; returns its row of metrics.

        Raises:
            HomespunError: Loss or gradient are no longer numbers; the weights are as before the step.
        """
        began = time.monotonic()
        scale = lr_scale(self.progress(), self.config.warmup, self.config.floor)
        batch = self.batches.next()
        self.optimizer.zero_grad(set_to_none=True)
        loss = self._forward(self.loss, batch).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        trained = [*self._trained(), *self.head.parameters()]
        norm = float(torch.nn.utils.clip_grad_norm_(trained, self.config.clip))
        value = loss.item()
        if not (value < float("inf") and norm < float("inf")):
            raise HomespunError(
                f"the loss is no longer a number at step {self.step + 1}; lower lr and resume"
            )
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * scale
        self.optimizer.step()
        self.step += 1
        count = len(batch.real)
        self.examples += count
        speed = round(count / (time.monotonic() - began), 2)
        return {
            "step": self.step,
            "examples": self.examples,
            "loss": value,
            "lr_scale": scale,
            "grad_norm": norm,
            "examples_per_s": speed,
        }

    def _compile(self) -> None:
        """Run every shape once: compiling, a minute each on a slow processor, isn't time of the stage's."""
        if not self.config.compile:
            return
        random = torch.get_rng_state()
        for batch in self.batches.shapes():
            self.reporter.say(f"compiling the step for rows of {batch.ids.shape[1]} tokens")
            self._forward(self.loss, batch).mean().backward()  # type: ignore[no-untyped-call]
        self.optimizer.zero_grad(set_to_none=True)
        torch.set_rng_state(random)

    @torch.no_grad()
    def validate(self) -> float:
        """Mean loss of a unit over the validation rows."""
        total, count = 0.0, 0
        self.net.eval()
        for batch in RowBatches(
            self.valid, self.config.batch_tokens, seed=0, widths=self.config.widths
        ).once():
            total += float(self._forward(self._loss, batch).sum())
            count += len(batch.real)
        self.net.train()
        return total / max(1, count)

    # Checkpoints

    def _state(self) -> dict[str, Tensor]:
        if self.config.full:
            return {name: p.detach() for name, p in self.net.named_parameters() if p.requires_grad}
        return adapter_state(self.net)

    def save(self) -> Path:
        """Write a checkpoint.

        Raises:
            OutOfSpace: The disk is full; the checkpoint before it is intact.
        """
        state = {
            "step": self.step,
            "examples": self.examples,
            "elapsed": self.elapsed,
            "net": self._state(),
            "head": self.head.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "batches": self.batches.state_dict(),
            "random": torch.get_rng_state(),
        }
        return save_checkpoint(self.out, self.step, state)

    def _load(self) -> None:
        state = load_checkpoint(self.out, self.reporter.warn)
        self.metrics.rewind(0 if state is None else state["step"])
        if state is None:
            return
        own = self._state()
        shapes = {name: tensor.shape for name, tensor in own.items()}
        if shapes != {name: tensor.shape for name, tensor in state["net"].items()}:
            raise UsageError(f"the checkpoint in {self.out} is of another shape: resume with its settings")
        with torch.no_grad():
            for name, tensor in own.items():
                tensor.copy_(state["net"][name])
        self.head.load_state_dict(state["head"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.batches.load_state_dict(state["batches"])
        torch.set_rng_state(state["random"])
        self.step, self.examples, self.elapsed = state["step"], state["examples"], state["elapsed"]
        self.reporter.say(f"resuming at step {self.step} ({self.examples:,} examples)")

    # The run

    def run(self) -> AdaptResult:
        """Train until the stage ends, then write the adapter's folder.

        Raises:
            Cancelled: SIGINT or SIGTERM came; a checkpoint was saved and the message says how to resume.
            OutOfSpace: The disk is full; an older checkpoint is intact.
        """
        count = sum(p.numel() for p in (*self._trained(), *self.head.parameters()))
        self.reporter.say(
            f"{self.config.task}: {count / 1e6:.2f} M numbers to train, {len(self.train):,} units, "
            f"{self.total:,} steps, {torch.get_num_threads()} threads"
        )
        (self.out / "result.json").unlink(missing_ok=True)
        self._compile()
        with StopSignal() as stop:
            last = saved = time.monotonic()
            speed = 0.0
            while self.progress() < 1.0:
                row = self.train_step()
                now = time.monotonic()
                self.elapsed, last = self.elapsed + now - last, now
                speed = 0.9 * speed + 0.1 * row["examples_per_s"] if speed else row["examples_per_s"]
                if self.step % self.config.log_every == 0:
                    self.metrics.append({**row, "elapsed_s": round(self.elapsed, 2)})
                left = self.elapsed * (1 / self.progress() - 1) if self.progress() > 0.02 else None
                self.reporter.update(
                    now, self.progress(), self.step, row["loss"], f"{speed:.1f} examples/s", left
                )
                if stop.seen:
                    self._interrupted()
                if self.config.eval_every and self.step % self.config.eval_every == 0:
                    self.save()
                    saved = time.monotonic()
                    self._validate()
                if now - saved >= self.config.checkpoint_every_s:
                    self.save()
                    saved = time.monotonic()
            self.save()
            done = (
                self.config.eval_every and self.step % self.config.eval_every == 0 and self.last is not None
            )
            loss = self.last if done and self.last is not None else self._validate()
        return self._finish(loss)

    def _validate(self) -> float:
        with self._averaged():
            loss = self.validate()
            self.metrics.append({"step": self.step, "examples": self.examples, "valid_loss": loss})
            self.reporter.say(f"step {self.step}, {self.examples:,} examples: validation loss {loss:.4f}")
            self.write(Path(self.config.adapter_folder or self.out / "adapter"), loss)
        self.last = loss
        return loss

    def _interrupted(self) -> NoReturn:
        self.save()
        raise Cancelled(f"stopped at step {self.step}; the run is saved, continue it with: {self.again}")

    def write(self, folder: Path, loss: float) -> Path:
        """Write the adapter as it is now."""
        state = low_rank(self.base, self.net, self.lora) if self.config.full else adapter_state(self.net)
        keep = ("rows", "out", "adapter_folder", "init_from")
        training = {
            "steps": self.step,
            "examples": self.examples,
            "hours": round(self.elapsed / 3600, 3),
            "valid_loss": round(loss, 4),
            "curve": self.metrics.curve("valid_loss", by="examples"),
            "sources": self.train.meta.get("sources", {}),
            "config": {key: value for key, value in self.config.to_dict().items() if key not in keep},
            "base": self.began,
        }
        config = {
            "task": self.config.task,
            "lora": self.lora.to_dict(),
            "outputs": self.head.out_features,
            "settings": self.settings,
            "training": training,
        }
        return save_adapter(
            folder,
            task=self.config.task,
            trunk=self.source.fingerprint,
            lora=self.lora,
            state=state,
            head=self.head,
            settings=self.settings,
            training=training,
            card=render(folder.name, config),
        )

    def _finish(self, loss: float) -> AdaptResult:
        folder = Path(self.config.adapter_folder or self.out / "adapter")
        result = {"adapter": str(folder), "steps": self.step, "examples": self.examples, "valid_loss": loss}
        atomic_write(self.out / "result.json", json.dumps(result, indent=2) + "\n")
        return AdaptResult(folder, self.step, self.examples, self.elapsed / 3600, loss)
