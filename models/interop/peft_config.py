"""The adapter_config.json of PEFT: what it asks for, read and checked, and written.

Ranks and alphas by map are patterns there: a key stands for every map whose name it is, or whose last parts
it is, or which it matches as a regular expression behind any beginning; the first that fits counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homespun.errors import CorruptWeights, UsageError
from models.blocks.lora import LoRAConfig

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"

# What computes something else than a low-rank change of linear maps.
_REFUSED = (
    "modules_to_save",
    "lora_bias",
    "layer_replication",
    "trainable_token_indices",
    "target_parameters",
    "alora_invocation_tokens",
    "use_qalora",
    "use_bdlora",
    "arrow_config",
    "kasa_config",
    "velora_config",
    "monteclora_config",
    "megatron_config",
)
# What began from another base than the published one.
_CHANGES_BASE = ("pissa", "olora", "corda", "loftq", "lora_ga")


@dataclass(frozen=True)
class PeftShape:
    """What an adapter_config.json says of the adapters' shapes."""

    rank: int
    alpha: float
    rslora: bool
    dora: bool
    dropout: float
    ranks: Mapping[str, int]
    alphas: Mapping[str, float]

    def of(self, name: str) -> LoRAConfig:
        """The shape of the adapter on the map of this name.

        Raises:
            UsageError: Its values make no sense.
        """
        return LoRAConfig(
            rank=_by_pattern(self.ranks, name, self.rank),
            alpha=_by_pattern(self.alphas, name, self.alpha),
            targets=(name,),
            rslora=self.rslora,
            dora=self.dora,
            dropout=self.dropout,
        )


def read_shape(folder: Path) -> PeftShape:
    """Read and check the adapter_config.json in a folder.

    Raises:
        UsageError: There's none, it's of another method than LoRA, or it asks for what can't be done here.
        CorruptWeights: It can't be read, or lacks something.
    """
    path = folder / CONFIG
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"{folder} is no adapter of PEFT: it has no {CONFIG}") from error
    except (OSError, ValueError) as error:
        raise CorruptWeights(f"{path} can't be read: copy the folder again ({error})") from error
    if not isinstance(values, dict):
        raise CorruptWeights(f"{path} is no object: copy the folder again")
    if values.get("peft_type") != "LORA":
        raise UsageError(f"{path} is of the kind {values.get('peft_type')!r}: only LORA can be used")
    if values.get("bias", "none") != "none":
        raise UsageError(f"{path} trains biases too (bias={values['bias']!r}): only 'none' can be used")
    for key in _REFUSED:
        if values.get(key):
            raise UsageError(f"{path} asks for {key}, which can't be used here")
    start = str(values.get("init_lora_weights", "")).lower()
    if start.startswith(_CHANGES_BASE):
        raise UsageError(f"{path} began by {start}, which changes the base: convert it to plain LoRA first")
    try:
        shape = PeftShape(
            rank=values["r"],
            alpha=float(values["lora_alpha"]),
            rslora=bool(values.get("use_rslora", False)),
            dora=bool(values.get("use_dora", False)),
            dropout=float(values.get("lora_dropout", 0.0)),
            ranks=dict(values.get("rank_pattern") or {}),
            alphas={key: float(value) for key, value in dict(values.get("alpha_pattern") or {}).items()},
        )
        for pattern in (*shape.ranks, *shape.alphas):
            re.compile(pattern)
        shape.of("any")  # the values are checked once
    except (KeyError, TypeError, ValueError, re.error, UsageError) as error:
        raise CorruptWeights(f"{path} is damaged or incomplete ({error}): copy the folder again") from error
    return shape


def write_shape(
    shapes: Mapping[str, LoRAConfig], linears: Collection[str], *, conv: bool, task: str, base: str
) -> dict[str, Any]:
    """The content of an adapter_config.json.

    Args:
        shapes: The adapters' shapes by the names of their maps.
        linears: Names of all linear maps of the net, to tell which short names are clear.
        conv: Whether weights lie transposed in the checkpoint (GPT-2).
        task: PEFT's name of what the net is for; "" for none.
        base: The checkpoint that it goes on.

    Raises:
        UsageError: Adapters of several kinds can't stand in one file.
    """
    configs = list(shapes.values())
    first = configs[0]
    if len({(config.rslora, config.dora, config.dropout) for config in configs}) > 1:
        raise UsageError("adapters of several kinds (rslora, dora, dropout) can't stand in one file of PEFT")
    # Most maps have the first's rank and alpha; the others are named, by a pattern that fits no other.
    ranks = {name: config.rank for name, config in shapes.items() if config.rank != first.rank}
    alphas = {name: config.alpha for name, config in shapes.items() if config.alpha != first.alpha}
    return {
        "peft_type": "LORA",
        "task_type": task or None,
        "base_model_name_or_path": base or None,
        "inference_mode": True,
        "r": first.rank,
        "lora_alpha": _plain(first.alpha),
        "lora_dropout": first.dropout,
        "target_modules": _targets(shapes, linears),
        "fan_in_fan_out": conv,
        "bias": "none",
        "use_rslora": first.rslora,
        "use_dora": first.dora,
        "init_lora_weights": True,
        "modules_to_save": None,
        "rank_pattern": {f"^{re.escape(name)}": rank for name, rank in ranks.items()},
        "alpha_pattern": {f"^{re.escape(name)}": _plain(alpha) for name, alpha in alphas.items()},
    }


def _targets(names: Collection[str], linears: Collection[str]) -> list[str]:
    """Last parts of the names where they mean no other map, else whole names."""
    short = sorted({name.rpartition(".")[2] for name in names})
    meant = {name for name in linears if name.rpartition(".")[2] in short}
    return short if meant == set(names) else sorted(names)


def _by_pattern(patterns: Mapping[str, Any], name: str, default: Any) -> Any:
    for pattern, value in patterns.items():
        if re.match(rf"(.*\.)?({pattern})$", name):
            return value
    return default


def _plain(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value
