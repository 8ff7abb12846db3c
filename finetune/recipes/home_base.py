"""home-base: pretraining of the decoder behind `home` on public text and dialogue.

The size goes with what two hours of one core can read (about 35 M tokens); more minutes want a larger net.
The data is found by the setting `data` (HOMESPUN_DATA), or else fetched from the Hugging Face hub.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finetune.recipes.recipe import NEEDS_DATA, Context, Kitchen, Recipe

if TYPE_CHECKING:
    from finetune.loop import Result
    from finetune.preview import Preview
    from models.tokenizers.fast import Tokenizer

OPENERS = ("The capital of France is", "Once upon a time")


def run(context: Context) -> Result:
    """Prepare tokens where there are none, and pretrain. Own settings: `vocab_size`, `conversations`."""
    kitchen = Kitchen.open("home-base", context, ("vocab_size", "conversations"))
    if "tokens" not in kitchen.train and not kitchen.prepared:
        prepare_tokens(kitchen)
    return kitchen.work(
        OPENERS,
        chat=False,
        description="The decoder behind `home` before it was tuned: it continues text.",
        limits="It makes facts up as it goes, and it was not tuned to answer: home-chat does that.",
        max_minutes=122.0,
        window=512,
        batch_tokens=16384,
        eval_every=100,
    )


def prepare_tokens(
    kitchen: Kitchen, vocab_size: int = 4096, generated: int = 80_000, tokenizer: Tokenizer | None = None
) -> None:
    """Read the mixture, generate conversations beside it, and write the run's folder of tokens.

    Args:
        kitchen: Of the recipe; its settings `vocab_size` and `conversations` win.
        vocab_size: Of the tokenizer that is trained.
        generated: How many conversations.
        tokenizer: Use this one instead of training.
    """
    from finetune.data.mixture import HOME_BASE, HOME_BASE_HUB, gather
    from finetune.data.prepare import prepare
    from finetune.data.sources import existing

    context = kitchen.context
    vocab_size = kitchen.number("vocab_size", vocab_size)
    generated = kitchen.number("conversations", generated)
    say = context.reporter.say
    if context.data is not None:
        folder, mixture = existing(context.data), HOME_BASE
    else:
        from finetune.data.hub import fetch

        folder, mixture = context.home / "data", HOME_BASE_HUB
        fetch(folder, report=say)
    documents = gather(folder, mixture, generated=generated, report=say)
    repeat = {name: share.repeat for name, share in mixture.items()}
    prepare(documents, kitchen.tokens, vocab_size=vocab_size, tokenizer=tokenizer, repeat=repeat, report=say)


def preview(context: Context, count: int) -> Preview:
    """The first documents of every source, and conversations; of the latter every token counts.

    Where no public data is named, what was fetched from the hub is shown, if it was.
    """
    from finetune.data.conversations import conversations
    from finetune.data.mixture import HOME_BASE, HOME_BASE_HUB
    from finetune.data.sources import SOURCES, existing
    from finetune.preview import Preview

    folder, mixture = context.data, HOME_BASE
    if folder is None and (context.home / "data").is_dir():
        folder, mixture = context.home / "data", HOME_BASE_HUB
    generated = {"conversations": conversations(0, count)}
    if folder is None:
        return Preview(generated, masked=False, lacking=dict.fromkeys(mixture, NEEDS_DATA))
    return Preview({name: SOURCES[name](existing(folder)) for name in mixture} | generated, masked=False)


RECIPE = Recipe(
    "pretrain the decoder behind `home` on public text, about two hours on one core", run, preview
)
