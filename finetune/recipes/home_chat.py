"""home-chat: home-base tuned on conversations, the loss on what the assistant says only."""

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


PROPOSALS = {
    "chooser": "choose",
    "filler": "fill",
    "told": "told",
    "choice": {"net": 0.0, "proposals": 1.0},
    "values": {"net": 0.0, "proposals": 1.0},
}
"""Adapters on the encoder, and how much they count beside the decoder."""
COUNTS = {"conversations": 30000, "memories": 14000, "requests": 24000, "texts": 8000, "tools": 4000}
"""How many documents of each kind; requests and texts are left out where there's no public data."""


def run(context: Context) -> Result:
    """Generate conversations and tune.

    Own settings: `base` (name of the model to tune), and how many documents of each kind: `conversations`,
    `memories`, `requests`, `texts`, `tools`.
    """
    from models.store import find_model

    base = find_model(context.overrides.get("base", "home-base"), context.home)
    kitchen = Kitchen.open("home-chat", context, ("base", *COUNTS))
    if not kitchen.prepared and "tokens" not in kitchen.train:
        _prepare(kitchen, base)
    return kitchen.work(
        OPENERS,
        description="A very small assistant that talks, remembers what it's told and says what it can't do.",
        limits=LIMITS,
        temperature=0.3,
        proposals=PROPOSALS,
        init_from=str(base),
        packing="documents",
        window=1024,
        batch_tokens=16384,
        lr=1e-3,
        muon_lr=0.005,
        weight_decay=0.05,
        warmup=0.05,
        max_minutes=30.0,
        eval_every=100,
        ema=0.99,
    )


def _prepare(kitchen: Kitchen, base: Path) -> None:
    from finetune.data.conversations import talks
    from finetune.data.conversations.memory import remembered
    from finetune.data.documents import Document
    from finetune.data.handoffs import handoffs
    from finetune.data.looked_up import after_tools, from_texts, with_lookups
    from finetune.data.prepare import prepare
    from models.tokenizers.fast import Tokenizer

    counts = {name: kitchen.number(name, count) for name, count in COUNTS.items()}
    say, data = kitchen.context.reporter.say, kitchen.context.data
    documents: dict[str, list[Document]] = {
        "conversations": list(with_lookups(talks(2, counts["conversations"]), 2)),
        "memories": list(with_lookups(remembered(7, counts["memories"]), 7)),
        "tools": list(after_tools(2, counts["tools"])),
    }
    if data is None:
        say("no public data is named (HOMESPUN_DATA), so no real requests and texts are among it")
    else:
        documents["requests"] = list(handoffs(data, 2, counts["requests"]))
        documents["texts"] = list(from_texts(data, 2, counts["texts"]))
    prepare(
        documents,
        kitchen.tokens,
        tokenizer=Tokenizer.load(base / "tokenizer.json"),
        mask_prompts=True,
        seed=2,
        report=say,
    )


RECIPE = Recipe("tune home-base on generated conversations until it talks", run)
