"""home-base: pretraining of the decoder behind `home` on public text and dialogue.

The size goes with what two hours of one core can read (about 35 M tokens); more minutes want a larger net.
The data is found by the setting `data` (HOMESPUN_DATA), or else fetched from the Hugging Face hub.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finetune.recipes.recipe import Context, Kitchen, Recipe

if TYPE_CHECKING:
    from finetune.loop import Result

OPENERS = ("The capital of France is", "Once upon a time")


def run(context: Context) -> Result:
    """Prepare tokens where there are none, and pretrain. Own settings: `vocab_size`, `conversations`."""
    kitchen = Kitchen.open("home-base", context, ("vocab_size", "conversations"))
    if "tokens" not in kitchen.train and not kitchen.prepared:
        _prepare(kitchen)
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


def _prepare(kitchen: Kitchen) -> None:
    from finetune.data.mixture import HOME_BASE, HOME_BASE_HUB, gather
    from finetune.data.prepare import prepare
    from finetune.data.sources import existing

    context = kitchen.context
    vocab_size, generated = kitchen.number("vocab_size", 4096), kitchen.number("conversations", 80000)
    say = context.reporter.say
    if context.data is not None:
        folder, mixture = existing(context.data), HOME_BASE
    else:
        from finetune.data.hub import fetch

        folder, mixture = context.home / "data", HOME_BASE_HUB
        fetch(folder, report=say)
    documents = gather(folder, mixture, generated=generated, report=say)
    repeat = {name: share.repeat for name, share in mixture.items()}
    prepare(documents, kitchen.tokens, vocab_size=vocab_size, repeat=repeat, report=say)


RECIPE = Recipe("pretrain the decoder behind `home` on public text, about two hours on one core", run)
