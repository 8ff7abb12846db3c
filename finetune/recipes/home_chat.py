"""home-chat: home-base tuned on generated conversations, the loss on what the assistant says only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from finetune.recipes.recipe import Context, Kitchen, Recipe

if TYPE_CHECKING:
    from finetune.loop import Result

OPENERS = (
    "Hello",
    "My name is Ada.",
    "What can you do?",
    "Who wrote the song that my neighbour hummed today?",
)

LIMITS = """\
It reads and writes English only. It has seen far too little to know the world: most statements of fact
beyond a few hundred common ones are made up when it doesn't say that it doesn't know. It can't reason in
steps, calculate (it gets small sums wrong, also where it says it can do them), write code, translate or
summarise. It was trained on conversations of up to about forty turns and forgets what no longer fits its
context. Its small talk was generated from patterns, and outside of them it falls back on phrases that sound
right. Don't use it where a wrong answer does harm. Its public training text carries the views and errors of
its sources."""


def run(context: Context) -> Result:
    """Generate conversations and tune. Own settings: `base` (name of the model to tune), `conversations`."""
    from models.store import find_model

    base = find_model(context.overrides.get("base", "home-base"), context.home)
    kitchen = Kitchen.open("home-chat", context, ("base", "conversations"))
    if not kitchen.prepared and "tokens" not in kitchen.train:
        _prepare(kitchen, base)
    return kitchen.work(
        OPENERS,
        description="A very small assistant that talks, remembers what it's told and says what it can't do.",
        limits=LIMITS,
        temperature=0.3,
        init_from=str(base),
        packing="documents",
        window=1024,
        batch_tokens=16384,
        lr=1e-3,
        muon_lr=0.005,
        weight_decay=0.05,
        warmup=0.05,
        max_minutes=20.0,
        eval_every=100,
        ema=0.99,
    )


def _prepare(kitchen: Kitchen, base: Path) -> None:
    from finetune.data.conversations import conversations
    from finetune.data.documents import Document
    from finetune.data.prepare import prepare
    from models.tokenizers.fast import Tokenizer

    documents: dict[str, list[Document]] = {
        "conversations": list(conversations(2, kitchen.number("conversations", 60000)))
    }
    prepare(
        documents,
        kitchen.tokens,
        tokenizer=Tokenizer.load(base / "tokenizer.json"),
        mask_prompts=True,
        seed=2,
        report=kitchen.context.reporter.say,
    )


RECIPE = Recipe("tune home-base on generated conversations until it talks", run)
