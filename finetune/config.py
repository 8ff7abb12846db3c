"""The settings of one training stage."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from finetune.overrides import changed
from homespun.errors import UsageError


@dataclass(frozen=True)
class TrainConfig:
    """One training stage. A stage ends at `max_tokens` or `max_minutes`, whichever comes first."""

    tokens: str = ""
    """Folder of prepared tokens."""
    out: str = ""
    """Folder of the run: checkpoints, metrics.jsonl, config.json, and the model when it ends."""
    name: str = "home-base"
    """Name of the model that results."""
    model: dict[str, Any] = field(default_factory=dict)
    """Values of DecoderConfig; what is not given is taken from the shape of home-base."""
    init_from: str | None = None
    """A model folder to begin from (tuning) instead of random weights; `model` is then taken from it."""
    lora: dict[str, Any] = field(default_factory=dict)
    """Values of LoRAConfig: only an adapter is tuned and its folder written; empty = all weights."""
    description: str = "A language model trained here."
    """One sentence for the card and for listings."""
    limits: str = "What it can't do was not recorded."
    """For the card: what the model can't be trusted with."""
    temperature: float = 0.7
    """Of the resulting model's answers, where a caller states none."""
    proposals: dict[str, Any] = field(default_factory=dict)
    """Who proposes to the resulting chat model, values of `models.chat.guidance.Guidance`; empty = nobody."""
    model_folder: str | None = None
    """Where the resulting model goes; default: `<out>/model`."""

    window: int = 512
    """Tokens in a row."""
    batch_tokens: int = 16384
    """Tokens in an optimiser step."""
    micro_tokens: int | None = None
    """Tokens in one forward pass; default by device."""
    packing: str = "stream"
    """"stream": windows anywhere; "documents": whole documents packed into rows (tuning)."""
    max_tokens: int | None = None
    max_minutes: float | None = None
    """Wall time of training, validation and checkpoints, summed over resumes."""

    optimizer: str = "muon"
    lr: float = 3e-3
    """AdamW's learning rate."""
    muon_lr: float = 0.02
    weight_decay: float = 0.1
    beta1: float = 0.9
    beta2: float = 0.95
    momentum: float = 0.95
    warmup: float = 0.02
    """Share of the run."""
    floor: float = 0.03
    """Factor on the learning rates at the end."""
    clip: float = 1.0
    """Largest norm of the gradient; 0 = no clipping."""
    ema: float = 0.0
    """Decay of averaged weights, which then are what is evaluated and kept; 0 = none."""

    eval_every: int = 250
    """Steps between validations; 0 = only at the end."""
    eval_tokens: int = 131072
    log_every: int = 10
    checkpoint_every_s: float = 300.0
    checkpoint_every_steps: int = 0
    """0 = by time only."""
    seed: int = 1
    threads: int | None = None
    device: str = "auto"
    precision: str = "auto"
    """Of products: "bf16", "fp32", or "auto": bf16 where the device has it."""
    compile: str = "auto"
    """"on", "off", or "auto": on where the run takes more than about ten minutes."""

    def __post_init__(self) -> None:
        for key, choices in _CHOICES.items():
            if getattr(self, key) not in choices:
                raise UsageError(f"{key} is {getattr(self, key)!r}: choose one of {', '.join(choices)}")
        for key in ("window", "batch_tokens", "log_every", "eval_tokens"):
            if getattr(self, key) < 1:
                raise UsageError(f"{key} must be at least 1")
        if self.max_tokens is None and self.max_minutes is None:
            object.__setattr__(self, "max_minutes", 10.0)
        for key in ("max_tokens", "max_minutes", "micro_tokens", "threads"):
            if getattr(self, key) is not None and getattr(self, key) <= 0:
                raise UsageError(f"{key} must be more than 0")
        if self.batch_tokens < self.window:
            raise UsageError(
                f"batch_tokens ({self.batch_tokens}) must hold at least one window ({self.window})"
            )

    def with_overrides(self, overrides: Mapping[str, Any]) -> Self:
        """The same with changes; strings are read by the field's type, `model.x` and `lora.x` reach inside.

        Raises:
            UsageError: Unknown key (the nearest ones are named) or a value of the wrong type.
        """
        return changed(self, overrides)

    def settings(self) -> dict[str, Any]:
        """Plain values that mean the same on every machine: without the folders."""
        folders = ("tokens", "out", "init_from", "model_folder")
        return {key: value for key, value in self.to_dict().items() if key not in folders}

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for config.json."""
        return dataclasses.asdict(self)


_CHOICES = {
    "packing": ("stream", "documents"),
    "optimizer": ("muon", "adamw"),
    "precision": ("auto", "bf16", "fp32"),
    "compile": ("auto", "on", "off"),
}
