"""Shapes of one size on equal tokens: ``python -m finetune.compare_shapes FILE``.

The shape of `home-base` is trained beside that of GPT-2 (learned positions, LayerNorm, GELU, biases), each
as the recipe trains (Muon for the matrices) and GPT-2's with AdamW alone too, all on the same batches in
the same order (an arm of another vocabulary has its own, as many tokens but another amount of text);
then each reads a text that none has seen. Bits per byte don't depend on the tokenizer.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from finetune.recipes.recipe import NEEDS_DATA, Context, Kitchen
from homespun.errors import HomespunError, UsageError
from homespun.names import unknown
from models.nets.decoder_config import DecoderConfig

_WINDOW = 512


@dataclass(frozen=True)
class Arm:
    """One net of the comparison.

    Attributes:
        model: What differs from the shape of `home-base`, values of `DecoderConfig`.
        settings: What differs from the recipe's training, values of `TrainConfig`.
        gpt2: Whether it begins from the shape of GPT-2 (`DecoderConfig.gpt2`) instead.
        vocabulary: Entries of its own tokenizer, trained on the same text; 0 for that of `home`.
    """

    model: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    gpt2: bool = False
    vocabulary: int = 0

    def shape(self, vocabulary: int) -> dict[str, Any]:
        """What differs from the shape of `home-base`, for a vocabulary of so many entries."""
        if not self.gpt2:
            return dict(self.model)
        return asdict(DecoderConfig.gpt2(vocabulary, **self.model, max_positions=_WINDOW))


_SMALL = {"hidden_size": 248, "num_layers": 5, "num_heads": 4}
ARMS: Mapping[str, Arm] = {
    "home-base": Arm(),
    "gpt2": Arm(_SMALL, gpt2=True),
    "gpt2-adamw": Arm(_SMALL, {"optimizer": "adamw", "lr": 1e-3}, gpt2=True),
    "home-base-relu2": Arm({"activation": "relu2", "intermediate_size": 1056}),
    "home-base-wide": Arm(
        {"hidden_size": 320, "num_layers": 3, "num_heads": 5, "num_kv_heads": 5, "intermediate_size": 768}
    ),
    "vocabulary-2048": Arm(vocabulary=2048),
    "vocabulary-8192": Arm(vocabulary=8192),
}
"""By name; all but those of another vocabulary within four in a hundred of the same number of parameters."""


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
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0] + ".")
    parser.add_argument(
        "text", type=Path, help="a text to read in the end, e.g. WikiText-2's validation part"
    )
    parser.add_argument("--tokens", type=int, default=6_000_000, help="of training, for each (default 6 M)")
    parser.add_argument("--arms", default="home-base,gpt2,gpt2-adamw", help=f"of {', '.join(ARMS)}")
    parser.add_argument("--write", metavar="MODEL", help="keep the figures for this model's card")
    given = parser.parse_args(arguments)
    try:
        names = given.arms.split(",")
        for name in names:
            if name not in ARMS:
                raise UsageError(unknown("shape", name, ARMS))
        text = _read(given.text)
        rows = []
        for name in names:
            reached = measured(name, given.tokens, text)
            rows.append((name, reached.parameters, reached.validation, reached.text))
            sys.stdout.write(json.dumps(reached.__dict__) + "\n")
            sys.stdout.flush()
        if given.write:
            from finetune.ablations import note
            from models.shelves import find_model

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


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} can't be read: it isn't UTF-8 text") from error
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror or error}") from error


def measured(name: str, tokens: int, text: str) -> Reached:
    """Train one net and let it read; a run of as many tokens that was broken off goes on.

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
    arm = ARMS[name]
    own = f"shapes-{arm.vocabulary}" if arm.vocabulary else "shapes"
    kitchen = Kitchen(own, Context(settings.home, settings.data), {}, {})
    out = kitchen.out / f"{name}-{tokens}"
    _prepare(kitchen, arm.vocabulary)
    tokenizer = Tokenizer.load(kitchen.tokens / "tokenizer.json")
    config = TrainConfig(
        **{
            "tokens": str(kitchen.tokens),
            "out": str(out),
            "name": name,
            "model": arm.shape(tokenizer.vocab_size),
            "max_tokens": tokens,
            "max_minutes": None,
            "window": _WINDOW,
            "eval_every": 100,
            "compile": "on",
            "threads": settings.threads,
            **arm.settings,
        }
    )
    trainer = Trainer(
        config, resume=any(out.glob("step-*.pt")), reporter=Reporter(), again="the same command"
    )
    result = trainer.run()
    net = trainer.net.float().eval()
    loss = text_loss(net, tokenizer, text, window=config.window)
    bits = loss.nats / math.log(2) / loss.bytes
    parameters = sum(weight.numel() for weight in net.parameters())
    return Reached(
        name, parameters, result.tokens, round(result.hours * 60, 1), result.valid_bpb, round(bits, 4)
    )


def _prepare(kitchen: Kitchen, vocabulary: int = 0) -> None:
    """The stream of `home-base` with fewer conversations, prepared once: in `home`'s tokens or in its own."""
    if kitchen.prepared:
        return
    from finetune.recipes.home_base import prepare_tokens
    from models.shelves import SHIPPED
    from models.tokenizers.fast import Tokenizer

    if kitchen.context.data is None:
        raise UsageError(NEEDS_DATA)
    if vocabulary:
        prepare_tokens(kitchen, vocabulary, generated=20_000)
    else:
        shared = Tokenizer.load(SHIPPED / "home" / "tokenizer.json")
        prepare_tokens(kitchen, shared.vocab_size, generated=20_000, tokenizer=shared)


if __name__ == "__main__":
    sys.exit(main())
