"""home-nano: a first model of one's own in about two minutes on two cores, from text that is shipped.

A tokenizer of 1,024 tokens and a decoder of about a million parameters, both from generated conversations. It
shows the whole way; it knows only what those conversations say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finetune.recipes.recipe import Context, Kitchen, Recipe

if TYPE_CHECKING:
    from finetune.loop import Result
    from finetune.preview import Preview

SHAPE = {
    "hidden_size": 128,
    "num_layers": 4,
    "num_heads": 4,
    "num_kv_heads": 2,
    "head_dim": 32,
    "intermediate_size": 352,
    "max_positions": 512,
    "qk_norm": True,
    "tie_embeddings": True,
}
OPENERS = ("Hello", "What is your name?", "How are you today?")


def run(context: Context) -> Result:
    """Generate conversations, train the tokenizer and the net. Own setting: `conversations`."""
    from finetune.data.conversations import conversations
    from finetune.data.documents import Document
    from finetune.data.prepare import prepare

    kitchen = Kitchen.open("home-nano", context, ("conversations", "vocab_size"))
    if not kitchen.prepared:
        documents: dict[str, list[Document]] = {
            "conversations": list(conversations(1, kitchen.number("conversations", 8000)))
        }
        prepare(
            documents,
            kitchen.tokens,
            vocab_size=kitchen.number("vocab_size", 1024),
            tokenizer_characters=1_000_000,
            mask_prompts=True,
            seed=1,
            report=context.reporter.say,
        )
    return kitchen.work(
        OPENERS,
        description="A first model of about a million parameters, made in minutes from generated talk.",
        limits="It knows only what generated conversations say, and often misunderstands.",
        temperature=0.3,
        model=SHAPE,
        packing="documents",
        window=256,
        batch_tokens=2048,
        # By tokens, so that a busy machine gives the same model, only later; the minutes are a safety net.
        max_tokens=1_500_000,
        max_minutes=8.0,
        eval_every=0,
        eval_tokens=32768,
        compile="off",
        ema=0.99,
    )


def preview(context: Context, count: int) -> Preview:  # noqa: ARG001
    """The first conversations."""
    from finetune.data.conversations import conversations
    from finetune.preview import Preview

    return Preview({"conversations": conversations(1, count)})


RECIPE = Recipe("a first small model from shipped text, about 2 minutes on two cores", run, preview)
