"""The settings of one stage of tuning an encoder's adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from finetune.adapting.batches import WIDTHS
from finetune.overrides import changed
from homespun.errors import UsageError

EVERY_MAP = ("query", "key", "value", "attention.output", "up", "down")
"""All linear maps of an encoder's layers."""


@dataclass(frozen=True)
class AdaptConfig:
    """One stage. It ends after `epochs` or `max_minutes`, whichever comes first."""

    task: str = "read"
    trunk: str = "minilm"
    """The encoder's address."""
    rows: str = ""
    """Folder with `train` and `valid`, each a folder of prepared rows."""
    out: str = ""
    """Folder of the run: checkpoints, metrics.jsonl, config.json."""
    adapter_folder: str = ""
    """Where the adapter goes."""
    init_from: str | None = None
    """An adapter's folder to begin from; heads are taken as far as they fit."""
    average: float = 0.0
    """Share of `init_from` in the weights that are evaluated and kept: after a short stage, halfway is often
    better than either end (Wortsman et al. 2022, arXiv:2109.01903)."""
    full: bool = False
    """Tune the trunk's matrices whole; the adapter is then the low-rank part of the difference."""

    rank: int = 40
    alpha: float = 40.0
    targets: tuple[str, ...] = EVERY_MAP
    dora: bool = False
    rslora: bool = False
    lora_dropout: float = 0.0
    dropout: float = 0.0
    """Of the trunk."""

    epochs: float = 1.0
    max_minutes: float = 150.0
    batch_tokens: int = 6144
    widths: tuple[int, ...] = WIDTHS
    """Lengths that rows are padded to; each is compiled by itself."""
    lr: float = 1.2e-3
    head_lr: float = 1.5e-3
    weight_decay: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.98
    warmup: float = 0.05
    floor: float = 0.0
    clip: float = 1.0
    eval_every: int = 500
    """Steps between validations; 0 = only at the end."""
    log_every: int = 10
    checkpoint_every_s: float = 300.0
    seed: int = 1
    threads: int | None = None
    precision: str = "auto"
    """Of products: "bf16", "fp32", or "auto": bf16 where the processor has it."""
    compile: bool = True
    settings: dict[str, Any] = field(default_factory=dict)
    """What the adapter's user is told, such as max_length."""

    def __post_init__(self) -> None:
        for key in ("epochs", "max_minutes", "batch_tokens", "lr", "head_lr", "log_every", "rank"):
            if not getattr(self, key) > 0:
                raise UsageError(f"{key} must be above 0, not {getattr(self, key)!r}")
        if not 0.0 <= self.average < 1.0:
            raise UsageError(f"average is a share from 0 to below 1, not {self.average}")
        if self.average and (self.full or self.init_from is None):
            raise UsageError(
                "average needs init_from to average with, and an adapter tuned as such (not full)"
            )
        if self.precision not in ("auto", "bf16", "fp32"):
            raise UsageError(f"precision is {self.precision!r}: choose auto, bf16 or fp32")

    def with_overrides(self, overrides: Mapping[str, Any]) -> Self:
        """The same with changes; strings are read by the field's type.

        Raises:
            UsageError: Unknown key (the nearest ones are named) or a value of the wrong type.
        """
        return changed(self, overrides)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for config.json."""
        return asdict(self)
