"""told: an adapter on the encoder that looks up in a conversation what the user asks back."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from finetune.recipes.adapters import Plan, Units, tune
from finetune.recipes.read import LENGTHS
from finetune.recipes.recipe import Context, Recipe

if TYPE_CHECKING:
    from finetune.adapting.result import AdaptResult
    from models.encoders.windows import Layout

_VALID = 1500


def prepare(layout: Layout, data: Path, own: dict[str, str]) -> tuple[Units, Units, dict[str, int]]:
    """Questions of generated conversations, and of SQuAD beside them, so that reading isn't unlearnt."""
    from finetune.data.reading.rows import reading_units
    from finetune.data.reading.squad import read
    from finetune.data.reading.told import told_examples
    from finetune.data.reading.unanswerable import unanswerable

    draw = random.Random(4)
    conversations = int(own["conversations"])
    asked = list(told_examples(11, conversations))
    texts = list(read(data))
    texts = draw.sample(texts, min(len(texts), int(len(asked) * float(own["texts"]))))
    mixed = asked + texts + list(islice(unanswerable(texts, 1), len(texts) // 2))
    draw.shuffle(mixed)
    valid = list(islice(told_examples(12, max(1, conversations // 8)), _VALID))
    sources = {"told": len(asked), "reading": len(mixed) - len(asked)}
    return reading_units(mixed, layout, 5), reading_units(valid, layout, 5), sources


PLAN = Plan(
    name="told",
    lengths=LENGTHS,
    prepare=prepare,
    use='python -c "from models.encoders.read import Reader; '
    "print(Reader('told').read('Where do I live?', ['I moved to Oslo.']))\"",
    own={"conversations": "12000", "texts": "0.3"},
    settings={"task": "read", "max_minutes": 35.0, "batch_tokens": 6144},
)


def run(context: Context) -> AdaptResult:
    """Prepare and tune.

    Own settings: `conversations`, how many are generated; `texts`, questions on texts for each of theirs.
    """
    return tune(PLAN, context)


RECIPE = Recipe("tune the reader on what users tell and ask back (needs HOMESPUN_DATA)", run)
