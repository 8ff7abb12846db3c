"""The training loop: one stage, from a folder of prepared tokens to a model folder.

Needs torch, numpy, safetensors and tokenizers only. Everything that a step depends on is in the checkpoint,
so a run that was killed and resumed goes through the same numbers as one that was not (on the CPU bit for
bit, when it ends by tokens). It knows nothing of recipes, of what the text says, or of several machines.
"""

import json
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from evals.metrics.bits_per_byte import bits_per_byte
from finetune.averages import AveragedWeights
from finetune.batches import IGNORE, Batch, Batches, TokenFolder, validation_batches
from finetune.checkpoint import checkpoints, load_checkpoint, save_checkpoint
from finetune.config import TrainConfig
from finetune.optim import build_optimizer
from finetune.precision import Compiled, autocast, pick_device, set_threads
from finetune.progress import MetricsLog, Reporter
from finetune.result import read_training, start_adapter, start_net, write_adapter, write_model
from finetune.schedule import lr_scale, progress
from finetune.signals import StopSignal
from homespun.errors import Cancelled, HomespunError, UsageError
from homespun.files import atomic_write, sweep
from models.blocks.lora import adapter_state, load_adapter_state
from models.nets.decoder import Decoder
from models.nets.decoder_config import DecoderConfig

# Qwen3-like, so it exports; 4.74 M parameters with 4,096 tokens.
BASE_SHAPE: dict[str, Any] = {
    "hidden_size": 256,
    "num_layers": 5,
    "num_heads": 4,
    "num_kv_heads": 2,
    "head_dim": 64,
    "intermediate_size": 704,
    "max_positions": 1024,
    "qk_norm": True,
    "tie_embeddings": True,
}


@dataclass(frozen=True)
class Result:
    """What a finished stage gives."""

    folder: Path
    steps: int
    tokens: int
    hours: float
    valid_loss: float
    valid_bpb: float

    def figures(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "steps": self.steps,
            "tokens": self.tokens,
            "hours": round(self.hours, 4),
            "valid_loss": self.valid_loss,
            "valid_bits_per_byte": self.valid_bpb,
        }


class Trainer:
    """One stage. `run()` begins or resumes it and returns when the model folder is written."""

    def __init__(
        self, config: TrainConfig, *, resume: bool = False, reporter: Reporter | None = None, again: str = ""
    ) -> None:
        """Open the tokens, build the net, and load the newest checkpoint when resuming.

        Args:
            config: The stage.
            resume: Continue what `config.out` holds; begin at the start where it holds nothing.
            reporter: Where progress goes.
            again: The command that resumes this run, for messages.

        Raises:
            UsageError: The folder holds a run and `resume` is False; or settings and tokens do not fit.
        """
        self.config, self.reporter = config, reporter or Reporter()
        self.again = again or f"python -m finetune {config.tokens} {config.out} --resume"
        self.out = Path(config.out)
        if checkpoints(self.out) and not resume:
            raise UsageError(
                f"{self.out} holds a run already; continue it with --resume, or choose another folder"
            )
        self.device = pick_device(config.device)
        self.threads = set_threads(config.threads)
        self.folder = TokenFolder(config.tokens)
        torch.manual_seed(config.seed)
        self.net = self._build_net().to(self.device).train()
        micro = config.micro_tokens or (4096 if self.device.type == "cpu" else 65536)
        rows = max(1, config.batch_tokens // config.window)
        self.micro_rows = min(rows, max(1, micro // config.window))
        whole, rest = divmod(rows, self.micro_rows)
        self.parts = [self.micro_rows] * whole + [rest] * bool(rest)
        self.optimizer = build_optimizer(
            self.net,
            kind=config.optimizer,
            lr=config.lr,
            muon_lr=config.muon_lr,
            weight_decay=config.weight_decay,
            betas=(config.beta1, config.beta2),
            momentum=config.momentum,
        )
        self.batches = Batches(self.folder.train, config.window, seed=config.seed, packing=config.packing)
        self.averages = AveragedWeights(self.net, config.ema) if config.ema > 0 else None
        self.loss = Compiled(self._loss, self.reporter.warn, enabled=self._compile_pays())
        self.metrics = MetricsLog(self.out / "metrics.jsonl")
        self.step = self.tokens = 0
        self.elapsed = 0.0
        self.out.mkdir(parents=True, exist_ok=True)
        self.model_folder = Path(config.model_folder or self.out / "model")
        sweep(self.out)
        sweep(self.model_folder.parent, self.model_folder.name)
        if resume:
            self._load()
        # Only now: settings that do not fit must not replace those that the run was begun with.
        atomic_write(self.out / "config.json", json.dumps(config.to_dict(), indent=2) + "\n")

    # Building

    def _build_net(self) -> Decoder:
        config = self.config
        if config.init_from is not None:
            net, tokenizer = start_net(Path(config.init_from), config.model)
            if json.loads(tokenizer)["model"] != json.loads(self.folder.tokenizer_json)["model"]:
                raise UsageError(
                    f"{config.tokens} was prepared with another tokenizer than that of {config.init_from}"
                )
        else:
            shape = {**BASE_SHAPE, **config.model, "vocab_size": self.folder.vocab_size}
            net = Decoder(DecoderConfig.from_dict(shape))
        if config.lora:
            if config.init_from is None:
                raise UsageError("an adapter needs a model that it goes on: name one in init_from")
            net = start_adapter(net, config.lora)
        if net.config.vocab_size < self.folder.vocab_size:
            raise UsageError(
                f"the net knows {net.config.vocab_size} tokens, {config.tokens} {self.folder.vocab_size}"
            )
        if net.config.max_positions < config.window:
            raise UsageError(f"window {config.window} is more than max_positions {net.config.max_positions}")
        return net

    def _compile_pays(self) -> bool:
        if self.config.compile != "auto":
            return self.config.compile == "on"
        speed = 60e9 if self.device.type == "cpu" else 50e12  # FLOP/s that one may count on
        seconds = [(self.config.max_minutes or float("inf")) * 60]
        if self.config.max_tokens is not None:
            seconds.append(6 * self.net.num_parameters() * self.config.max_tokens / speed)
        return min(seconds) > 600

    # One step

    def _loss(self, ids: Tensor, targets: Tensor, documents: Tensor, positions: Tensor | None) -> Tensor:
        """Summed over counted targets, in nats."""
        logits = self.net(ids, positions=positions, documents=documents)
        return F.cross_entropy(
            logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORE, reduction="sum"
        )

    def _forward(self, loss: Callable[..., Tensor], batch: Batch) -> Tensor:
        batch = batch.to(self.device)
        # Rotary attention sees distances only: restarting positions would change nothing and cost a gather.
        positions = None if self.net.config.positions == "rope" else batch.positions
        with autocast(self.device, self.config.precision):
            return loss(batch.ids, batch.targets, batch.documents, positions)

    def backward(self) -> tuple[float, int]:
        """Accumulate the gradients of the mean loss of the next batch; returns that loss and its tokens."""
        parts = [self.batches.next(rows) for rows in self.parts]
        counted = max(1, sum(part.counted for part in parts))
        self.optimizer.zero_grad()
        total = torch.zeros((), device=self.device)
        for part in parts:
            loss = self._forward(self.loss, part) / counted
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        return float(total), sum(part.ids.numel() for part in parts)

    def train_step(self) -> dict[str, Any]:
        """One optimiser step; returns its row of metrics.

        Raises:
            HomespunError: Loss or gradient are no longer numbers; the weights are as before the step.
        """
        began = time.monotonic()
        scale = lr_scale(self._progress(), self.config.warmup, self.config.floor)
        loss, tokens = self.backward()
        limit = self.config.clip if self.config.clip > 0 else float("inf")
        norm = float(torch.nn.utils.clip_grad_norm_(self.net.parameters(), limit))
        if not (loss < float("inf") and norm < float("inf")):
            raise HomespunError(
                f"the loss is no longer a number at step {self.step + 1}; "
                f"lower lr and muon_lr and resume: {self.again}"
            )
        self.optimizer.step(scale)
        self.step += 1
        self.tokens += tokens
        if self.averages is not None:
            self.averages.update(self.step)
        return {
            "step": self.step,
            "tokens": self.tokens,
            "epoch": self.batches.epoch,
            "loss": loss,
            "lr_scale": scale,
            "grad_norm": norm,
            "tokens_per_s": round(tokens / (time.monotonic() - began), 1),
        }

    def _progress(self) -> float:
        return progress(self.tokens, self.elapsed, self.config.max_tokens, self.config.max_minutes)

    # Validation

    @torch.no_grad()
    def validate(self, stop: StopSignal | None = None) -> tuple[float, float] | None:
        """Mean loss in nats a token and bits per byte on a fixed subset; None when interrupted."""
        nats, counted, size = 0.0, 0, 0
        lengths = torch.from_numpy(self.folder.token_bytes)
        self.net.eval()
        with self.averages.applied() if self.averages is not None else nullcontext():
            for batch in validation_batches(
                self.folder.valid,
                self.config.window,
                self.micro_rows,
                self.config.eval_tokens,
                self.config.packing,
            ):
                if stop is not None and stop.seen:
                    break
                nats += float(self._forward(self._loss, batch))
                counted += batch.counted
                size += int(lengths[batch.targets[batch.targets != IGNORE]].sum())
        self.net.train()
        if stop is not None and stop.seen:
            return None
        return nats / max(1, counted), bits_per_byte(nats, max(1, size))

    # Checkpoints

    def save(self) -> Path:
        """Write a checkpoint.

        Raises:
            OutOfSpace: The disk is full; the checkpoint before it is intact.
        """
        random = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            random["cuda"] = torch.cuda.get_rng_state(self.device)
        state = {
            "step": self.step,
            "tokens": self.tokens,
            "elapsed": self.elapsed,
            # Of an adapter's training the checkpoint holds the adapter.
            "net": adapter_state(self.net) if self.config.lora else self.net.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "batches": self.batches.state_dict(),
            "averages": None if self.averages is None else self.averages.values,
            "random": random,
        }
        return save_checkpoint(self.out, self.step, state)

    def _load(self) -> None:
        state = load_checkpoint(self.out, self.reporter.warn)
        self.metrics.rewind(0 if state is None else state["step"])
        if state is None:
            return
        try:
            if self.config.lora:
                load_adapter_state(self.net, state["net"])
            else:
                self.net.load_state_dict(state["net"])
            self.optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, ValueError, KeyError, UsageError) as error:
            raise UsageError(
                f"the checkpoint in {self.out} is of another shape or optimiser; "
                "resume with the settings it was begun with"
            ) from error
        self.batches.load_state_dict(state["batches"])
        if self.averages is not None and state["averages"] is not None:
            self.averages.load(state["averages"])
        torch.set_rng_state(state["random"]["cpu"])
        if self.device.type == "cuda" and "cuda" in state["random"]:
            torch.cuda.set_rng_state(state["random"]["cuda"], self.device)
        self.step, self.tokens, self.elapsed = state["step"], state["tokens"], state["elapsed"]
        if self._progress() >= 1.0:  # only the model is missing, and the last validation comes again
            self.metrics.rewind(self.step, validated=False)
        self.reporter.say(f"resuming at step {self.step} ({self.tokens:,} tokens)")

    # The run

    def run(self) -> Result:
        """Train until the stage ends, then write the model folder.

        Raises:
            Cancelled: SIGINT or SIGTERM came; a checkpoint was saved and the message says how to resume.
            OutOfSpace: The disk is full; an older checkpoint is intact.
        """
        size = sum(p.numel() for p in self.net.parameters() if p.requires_grad)
        self.reporter.say(
            f"{self.config.name}: {size / 1e6:.2f} M parameters, "
            f"{len(self.folder.train):,} tokens of training text, "
            f"{self.device}, {self.threads} threads, {'' if self.loss.compiled else 'not '}compiled"
        )
        # A run that goes on is no finished one.
        (self.out / "result.json").unlink(missing_ok=True)
        with StopSignal() as stop:
            last = saved = time.monotonic()
            speed = 0.0
            while (done := self._progress()) < 1.0:
                row = self.train_step()
                now = time.monotonic()
                self.elapsed, last = self.elapsed + now - last, now
                speed = row["tokens_per_s"] if not speed else 0.9 * speed + 0.1 * row["tokens_per_s"]
                done = self._progress()
                if self.step % self.config.log_every == 0 or done >= 1.0:
                    self.metrics.append({**row, "elapsed_s": round(self.elapsed, 2)})
                self.reporter.update(
                    now, done, self.step, row["loss"], f"{speed:,.0f} tok/s", self._seconds_left(speed)
                )
                if stop.seen:
                    self._interrupted()
                if done < 1.0 and self.config.eval_every and self.step % self.config.eval_every == 0:
                    self._validate(stop)
                by_steps = self.config.checkpoint_every_steps
                if now - saved >= self.config.checkpoint_every_s or (by_steps and self.step % by_steps == 0):
                    self.save()
                    saved = time.monotonic()
            validated = self._validate(stop)
            if validated is None:
                self._interrupted()
            self.save()
        return self._finish(*validated)

    def _seconds_left(self, speed: float) -> float | None:
        bounds = []
        if self.config.max_minutes is not None:
            bounds.append(self.config.max_minutes * 60 - self.elapsed)
        if self.config.max_tokens is not None and speed > 0:
            bounds.append((self.config.max_tokens - self.tokens) / speed)
        return max(0.0, min(bounds)) if bounds else None

    def _validate(self, stop: StopSignal) -> tuple[float, float] | None:
        found = self.validate(stop)
        if found is not None:
            loss, bpb = found
            self.metrics.append(
                {"step": self.step, "tokens": self.tokens, "valid_loss": loss, "valid_bpb": bpb}
            )
            self.reporter.say(f"step {self.step}: validation loss {loss:.4f}, {bpb:.4f} bits per byte")
        return found

    def _interrupted(self) -> NoReturn:
        self.save()
        raise Cancelled(f"stopped at step {self.step}; the run is saved, continue it with: {self.again}")

    def _finish(self, loss: float, bpb: float) -> Result:
        hours = self.elapsed / 3600
        training = {
            "tokens": self.tokens,
            "steps": self.step,
            "hours": round(hours, 3),
            "valid_loss": round(loss, 4),
            "valid_bits_per_byte": round(bpb, 4),
            "curve": self.metrics.curve("valid_bpb"),
            "sources": self.folder.meta.get("sources", []),
            "config": self.config.settings(),
            "base": read_training(self.config.init_from),
        }
        with self.averages.applied() if self.averages is not None else nullcontext():
            if self.config.lora:
                write_adapter(self.model_folder, self.net, training, self.config)
            else:
                write_model(self.model_folder, self.net, self.folder.tokenizer_json, training, self.config)
        atomic_write(
            self.out / "result.json",
            json.dumps({"model": str(self.model_folder), **training}, indent=2) + "\n",
        )
        return Result(self.model_folder, self.step, self.tokens, hours, loss, bpb)
