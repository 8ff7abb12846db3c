"""home-chat: home-base tuned on conversations, the loss on what the assistant says only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from finetune.recipes.recipe import NEEDS_DATA, Context, Kitchen, Recipe

if TYPE_CHECKING:
    from finetune.data.documents import Document
    from finetune.loop import Result
    from finetune.preview import Preview

OPENERS = (
    "Hello",
    "My name is Ada.",
    "What can you do?",
    "Who wrote the song that my neighbour hummed today?",
)

LIMITS = """\
It reads and writes English only. It has seen far too little to know the world: most statements of fact
beyond a few hundred common ones are made up when it doesn't say that it doesn't know. It can't reason in
steps, calculate, write code or translate; it summarises by repeating a sentence, and plans, rewritten
questions, questions broken up and classes come out wrong more often than right. It was trained on
conversations of up to about forty turns and forgets what no longer fits its context. Its small talk was
generated from patterns, and outside of them it falls back on phrases that sound right. Don't use it
where a wrong answer does harm. Its public training text carries the views and errors of its sources."""


PROPOSALS = {
    "chooser": "choose",
    "filler": "fill",
    "told": "told",
    "intent": "intent",
    "sure": 0.25,
    "choice": {"net": 0.0, "proposals": 1.0},
    "values": {"net": 0.0, "proposals": 1.0},
}
"""Adapters on the encoder, and how much they count beside the decoder."""
COUNTS = {
    "conversations": 12000,
    "scenes": 26000,
    "memories": 6000,
    "tools": 2000,
    "requests": 14000,
    "texts": 4000,
    "instructions": 20000,
    "prose": 1000,
}
"""How many documents of each kind; those from `requests` on are left out where there's no public data."""


def run(context: Context) -> Result:
    """Generate conversations and tune.

    Own settings: `base` (name of the model to tune), and how many documents of each kind:
    `conversations`, `scenes`, `memories`, `tools`, `requests`, `texts`, `instructions`, `prose`, each
    times its factor `weights.<kind>`; and `apart`, files and folders of evaluation texts (with commas
    between them) that are kept out, besides those of the suites.
    """
    from models.shelves import find_model

    base = find_model(context.overrides.get("base", "home-base"), context.home)
    kitchen = Kitchen.open("home-chat", context, ("base",), kinds=COUNTS)
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
    from finetune.data.prepare import prepare
    from models.tokenizers.fast import Tokenizer

    apart = kitchen.evaluation()  # its trouble is told before minutes of generating
    documents, dropped = kitchen.clean(gather(kitchen), apart)
    prepare(
        documents,
        kitchen.tokens,
        tokenizer=Tokenizer.load(base / "tokenizer.json"),
        mask_prompts=True,
        notes={"dropped": dropped},
        seed=2,
        report=kitchen.context.reporter.say,
    )


def gather(kitchen: Kitchen) -> dict[str, list[Document]]:
    """The documents of each kind, as many as the settings say."""
    if kitchen.context.data is None:
        kitchen.context.reporter.say(
            "no public data is named (HOMESPUN_DATA): no real requests, texts and instructions are among it"
        )
    return {kind: list(documents) for kind, documents in _kinds(kitchen).items()}


def _kinds(kitchen: Kitchen) -> dict[str, Iterable[Document]]:
    """The documents of each kind, which are made when they are read."""
    from finetune.data.after_tools import after_tools
    from finetune.data.conversations import talks
    from finetune.data.conversations.memory import remembered
    from finetune.data.handoffs import handoffs
    from finetune.data.noticed import from_texts, instructed, with_notes
    from finetune.data.scened import scened

    counts = {name: kitchen.number(name, count) for name, count in COUNTS.items()}
    data = kitchen.context.data
    documents: dict[str, Iterable[Document]] = {
        "conversations": with_notes(talks(2, counts["conversations"]), 2),
        "scenes": scened(2, counts["scenes"]),
        "memories": with_notes(remembered(7, counts["memories"]), 7),
        "tools": after_tools(2, counts["tools"]),
    }
    if data is not None:
        documents["requests"] = with_notes(handoffs(data, 2, counts["requests"]), 4)
        documents["texts"] = from_texts(data, 2, counts["texts"])
        documents["instructions"] = instructed(data, 2, counts["instructions"])
        documents["prose"] = _prose(data, counts["prose"])
    return documents


def _prose(data: Path, count: int) -> Iterator[Document]:
    from finetune.data.mixture import prose

    yield from prose(data, 2, count)


def preview(context: Context, count: int) -> Preview:
    """Documents of each kind; those that need public data are lacking where there's none."""
    from finetune.preview import Preview

    documents = _kinds(Kitchen("home-chat", context, dict.fromkeys(COUNTS, str(count)), {}))
    return Preview(documents, lacking={kind: NEEDS_DATA for kind in COUNTS if kind not in documents})


RECIPE = Recipe("tune home-base on generated conversations until it talks", run, preview)
