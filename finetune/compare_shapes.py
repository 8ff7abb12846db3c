"""Shapes of one size on equal tokens: ``python -m finetune.compare_shapes FILE``.

The shape of `home-base` is trained beside that of GPT-2 (learned positions, LayerNorm, GELU, biases), each
as the recipe trains (Muon for the matrices) and GPT-2's with AdamW alone too, all on the same batches in
the same order; then each reads a text that none has seen. Bits per byte don't depend on the tokenizer.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homespun.errors import HomespunError, UsageError

_GPT2 = {
    "hidden_size": 248,
    "num_layers": 5,
    "num_heads": 4,
    "num_kv_heads": 4,
    "head_dim": 62,
    "intermediate_size": 992,
    "max_positions": 512,
    "norm": "layernorm",
    "norm_eps": 1e-5,
    "positions": "learned",
    "activation": "gelu",
    "attention_bias": True,
    "mlp_bias": True,
    "qk_norm": False,
}


@dataclass(frozen=True)
class Arm:
    """One net of the comparison.

    Attributes:
        model: What differs from the shape of `home-base`, values of `DecoderConfig`.
        settings: What differs from the recipe's training, values of `TrainConfig`.
    """

    model: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


ARMS: Mapping[str, Arm] = {
    "home-base": Arm(),
    "gpt2": Arm(_GPT2),
    "gpt2-adamw": Arm(_GPT2, {"optimizer": "adamw", "lr": 1e-3}),
    "home-base-relu2": Arm({"activation": "relu2", "intermediate_size": 1056}),
    "home-base-wide": Arm({"hidden_size": 320, "num_layers": 3, "num_heads": 5, "num_kv_heads": 5}),
}
"""By name; all within four in a hundred of the same number of parameters."""


@dataclass(frozen=True)
class Reached:
    """What a net reached.

    Attributes:
        arm: Its name.
        parameters: Its size.
        tokens: What it was trained on.
        minutes: How long.
        validation: Bits per byte of the stream's own validation part.
        text: Bits per byte of the text.
    """

    arm: str
    parameters: int
    tokens: int
    minutes: float
    validation: float
    text: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument(
        "text", type=Path, help="a text to read in the end, e.g. WikiText-2's validation part"
    )
    parser.add_argument("--tokens", type=int, default=6_000_000, help="of training, for each (default 6 M)")
    parser.add_argument("--arms", default="home-base,gpt2,gpt2-adamw", help=f"of {', '.join(ARMS)}")
    parser.add_argument("--write", metavar="MODEL", help="keep the figures for this model's card")
    given = parser.parse_args(arguments)
    try:
        names = given.arms.split(",")
        if unknown := set(names) - set(ARMS):
            raise UsageError(f"there's no arm {', '.join(sorted(unknown))}: choose of {', '.join(ARMS)}")
        if not given.text.is_file():
            raise UsageError(f"{given.text} is no file")
        text = given.text.read_text(encoding="utf-8")
        rows = []
        for name in names:
            reached = measured(name, given.tokens, text)
            rows.append((name, reached.parameters, reached.validation, reached.text))
            sys.stdout.write(json.dumps(reached.__dict__) + "\n")
            sys.stdout.flush()
        if given.write:
            from finetune.ablations import note
            from models.store import find_model

            note(
                find_model(given.write),
                f"Shapes on {given.tokens:,} tokens each, bits per byte",
                ("shape", "parameters", "of validation text", f"of {given.text.name}"),
                rows,
            )
    except HomespunError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    return 0


def measured(name: str, tokens: int, text: str) -> Reached:
    """Train one net and let it read.

    Args:
        name: Of the arm.
        tokens: How many it sees.
        text: What it reads.

    Raises:
        UsageError: There's no public data.
    """
    from finetune.config import TrainConfig
    from finetune.loop import Trainer
    from finetune.progress import Reporter
    from homespun.settings import load_settings
    from models.inference.likelihood import text_loss
    from models.tokenizers.fast import Tokenizer

    settings = load_settings()
    arm, out = ARMS[name], settings.home / "runs" / "shapes"
    config = TrainConfig(
        **{
            "tokens": str(_tokens(out / "tokens", settings.data)),
            "out": str(out / name),
            "name": name,
            "model": dict(arm.model),
            "max_tokens": tokens,
            "max_minutes": None,
            "window": 512,
            "eval_every": 100,
            "compile": "on",
            "threads": settings.threads,
            **arm.settings,
        }
    )
    trainer = Trainer(
        config, resume=any((out / name).glob("step-*.pt")), reporter=Reporter(), again="the same command"
    )
    result = trainer.run()
    net = trainer.net.float().eval()
    loss = text_loss(net, Tokenizer.load(out / "tokens" / "tokenizer.json"), text, window=512)
    bits = loss.nats / math.log(2) / loss.bytes
    parameters = sum(weight.numel() for weight in net.parameters())
    return Reached(
        name, parameters, result.tokens, round(result.hours * 60, 1), result.valid_bpb, round(bits, 4)
    )


def _tokens(folder: Path, data: Path | None) -> Path:
    """The stream of `home-base` in `home`'s tokens, prepared once."""
    if (folder / "meta.json").is_file():
        return folder
    if data is None:
        raise UsageError("this learns from public data: set HOMESPUN_DATA to a folder that holds it")
    from finetune.data.mixture import HOME_BASE, gather
    from finetune.data.prepare import prepare
    from models.store import SHIPPED
    from models.tokenizers.fast import Tokenizer

    documents = gather(data, HOME_BASE, generated=20000)
    repeat = {name: share.repeat for name, share in HOME_BASE.items()}
    tokenizer = Tokenizer.load(SHIPPED / "home" / "tokenizer.json")
    prepare(documents, folder, tokenizer=tokenizer, repeat=repeat)
    return folder


if __name__ == "__main__":
    sys.exit(main())
