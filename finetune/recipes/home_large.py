"""home-large: a larger decoder for a machine with a GPU, whose tokens are prepared elsewhere beforehand.

`--set prepare=only` writes the folder of tokens, large files in parts (`finetune.parts`), and ends; with
that folder the stage needs torch, numpy, safetensors and tokenizers alone. A stage ends after 25 minutes;
one that was stopped goes on with `--resume`, and a further one begins from its weights (`--set
init_from=FOLDER`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.parts import MIB, join, split
from finetune.recipes.home_base import preview
from finetune.recipes.recipe import Context, Kitchen, Recipe
from homespun.errors import UsageError

if TYPE_CHECKING:
    from finetune.loop import Result

SHAPE = {
    "hidden_size": 512,
    "num_layers": 12,
    "num_heads": 8,
    "num_kv_heads": 4,
    "head_dim": 64,
    "intermediate_size": 1408,
    "max_positions": 2048,
    "qk_norm": True,
}
"""39.5 M parameters with 8,192 tokens."""
PART = 24 * MIB


@dataclass(frozen=True)
class Folder:
    """What preparing alone gives: where the tokens lie, in parts."""

    folder: Path
    parts: int

    def figures(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"folder": str(self.folder), "parts": self.parts}


def run(context: Context) -> Result | Folder:
    """Prepare tokens where there are none, and pretrain.

    Own settings: `vocab_size`, `conversations`; `prepare`: "only" ends behind preparing.
    """
    run_folder = context.home / "runs" / "home-large"
    waiting = (run_folder / "tokens" / "meta.json").is_file() and not (run_folder / "result.json").exists()
    if waiting and not context.resume and "restart" not in context.overrides:
        raise UsageError(
            f"{run_folder / 'tokens'} is prepared; train from it with `homespun train home-large --resume`, "
            "or prepare anew with `--set restart=true`"
        )
    kitchen = Kitchen.open("home-large", context, ("vocab_size", "conversations", "prepare"))
    only = kitchen.own.get("prepare", "")
    if only not in ("", "only"):
        raise UsageError(f'prepare takes "only", not {only!r}')
    if "tokens" not in kitchen.train:
        if not kitchen.prepared:
            from finetune.recipes.home_base import prepare_tokens

            prepare_tokens(kitchen, vocab_size=8192, generated=160_000)
        if only:
            parts = split(kitchen.tokens, PART)
            context.reporter.say(f"{kitchen.tokens} holds {len(parts)} parts of at most {PART // MIB} MiB")
            context.reporter.say("train here with: homespun train home-large --resume")
            return Folder(kitchen.tokens, len(parts))
        join(kitchen.tokens)
    return kitchen.work(
        ("The capital of France is", "Once upon a time"),
        chat=False,
        description="A larger decoder before it was tuned: it continues text.",
        limits="It makes facts up as it goes, and it was not tuned to answer.",
        model=SHAPE,
        max_minutes=25.0,
        window=1024,
        batch_tokens=131072,
        eval_every=100,
    )


RECIPE = Recipe("pretrain a decoder of 40 M parameters, half an hour on a GPU", run, preview)
