"""intent: an adapter on the encoder that tells what a user means."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from finetune.recipes.adapters import Plan, Prepared, tune
from finetune.recipes.recipe import Context, Recipe

if TYPE_CHECKING:
    from finetune.adapting.result import AdaptResult
    from models.encoders.windows import Layout

LENGTHS = {"max_length": 192, "stride": 32, "most_first": 48}
_HELD_OUT = 40
"""Every so many-th message is kept for validation."""


def prepare(layout: Layout, data: Path, own: dict[str, str]) -> Prepared:
    """Messages with their intents, those of every intent in the order of its name as the head's classes."""
    from finetune.data.intents.messages import meant
    from finetune.data.intents.rows import intent_units

    found = meant(data, 5, int(own["conversations"]), int(own["most"]))
    labels = tuple(sorted({one.intent for one in found}))
    train = [one for number, one in enumerate(found) if number % _HELD_OUT]
    valid = found[::_HELD_OUT]
    sources = dict(Counter(one.source for one in train))
    return Prepared(intent_units(train, layout, labels), intent_units(valid, layout, labels), sources, labels)


PLAN = Plan(
    name="intent",
    lengths=LENGTHS,
    prepare=prepare,
    use='python -c "from models.encoders.intent import IntentClassifier; '
    "print(IntentClassifier().classify([('user', 'Are you a person?')]).name)\"",
    own={"conversations": "60000", "most": "500"},
    settings={
        "max_minutes": 40.0,
        "batch_tokens": 6144,
        "rank": 16,
        "alpha": 16.0,
        "widths": (32, 64, 128, 192),
        "lr": 1e-3,
        "head_lr": 3e-3,
        "epochs": 2.0,
    },
)


def run(context: Context) -> AdaptResult:
    """Prepare and tune.

    Own settings: `conversations`, how many are generated; `most`, how many messages of an intent are taken.
    """
    return tune(PLAN, context)


RECIPE = Recipe("tune the encoder to tell what users mean (needs HOMESPUN_DATA)", run)
