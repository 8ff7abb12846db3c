"""chat-lora: an adapter on a chat model that remembers, the loss on what the assistant says only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from finetune.recipes.recipe import Context, Kitchen, Recipe
from homespun.errors import UsageError

if TYPE_CHECKING:
    from finetune.data.documents import Document
    from finetune.loop import Result
    from finetune.preview import Preview

OPENERS = ("My hamster is called Pomfret.", "What do you call my hamster?", "Hello")
LORA = {
    "rank": 32,
    "alpha": 64.0,
    "targets": [
        "attention.query",
        "attention.key",
        "attention.value",
        "attention.output",
        "feedforward.gate",
        "feedforward.up",
        "feedforward.down",
    ],
}

LIMITS = """\
It remembers within one conversation only, and only what still fits its context. What is told in a very
roundabout way it may file under a wrong name, and long or unusual values it may copy with an error. It
doesn't conclude anything from what it was told (from a year of birth no age). To questions that have nothing
to do with the user it answers as the model under it does, with the same limits."""


def run(context: Context) -> Result:
    """Generate conversations and tune.

    Own settings: `base` (name of the model to tune), `adapter` (name of the adapter), `conversations` (how
    many) and `memory` (the share of them that is about remembering).
    """
    from models.shelves import find_model
    from models.store import is_adapter

    kitchen = Kitchen.open("chat-lora", context, ("base", "adapter", "conversations", "memory"))
    name, adapter = kitchen.own.get("base", "home"), kitchen.own.get("adapter", "recall")
    base = find_model(name, context.home)
    if is_adapter(base):
        raise UsageError(f"{name} is an adapter itself: name a model as base")
    if not kitchen.prepared and "tokens" not in kitchen.train:
        _prepare(kitchen, base)
    return kitchen.work(
        OPENERS,
        address=f"{base.name}:{adapter}",
        description=f"An adapter on {base.name} that remembers what the user says about themselves, takes "
        "corrections, and says so when it wasn't told something.",
        limits=LIMITS,
        temperature=0.3,
        init_from=str(base),
        model_folder=str(context.home / "models" / base.name / "adapters" / adapter),
        lora=LORA,
        packing="documents",
        window=1024,
        batch_tokens=4096,
        optimizer="adamw",
        lr=2e-3,
        weight_decay=0.01,
        warmup=0.03,
        max_minutes=18.0,
        eval_every=100,
        eval_tokens=16384,
        ema=0.98,
        compile="on",
    )


def _prepare(kitchen: Kitchen, base: Path) -> None:
    from finetune.data.prepare import prepare
    from models.tokenizers.fast import Tokenizer

    prepare(
        gather(kitchen),
        kitchen.tokens,
        tokenizer=Tokenizer.load(base / "tokenizer.json"),
        mask_prompts=True,
        valid_share=0.01,
        seed=3,
        report=kitchen.context.reporter.say,
    )


def gather(kitchen: Kitchen) -> dict[str, list[Document]]:
    """The conversations, as many as the settings say.

    Raises:
        UsageError: A setting is no number that it can be.
    """
    from finetune.data.conversations.memory import remembered
    from finetune.data.noticed import with_notes

    text = kitchen.own.get("memory", "0.7")
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise UsageError(f"memory takes a number from 0 to 1, not {text!r}")
    return {"memories": list(with_notes(remembered(3, kitchen.number("conversations", 20000), share), 3))}


def preview(context: Context, count: int) -> Preview:
    """The first conversations."""
    from finetune.preview import Preview

    return Preview(gather(Kitchen("chat-lora", context, {"conversations": str(count)}, {})))


RECIPE = Recipe("tune an adapter on home that remembers what it's told", run, preview)
