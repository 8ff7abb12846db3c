"""told: an adapter on the encoder that looks up in a conversation what the user asks back."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from finetune.recipes.adapters import Plan, Prepared, tune
from finetune.recipes.read import LENGTHS, marked
from finetune.recipes.read import preview as preview_reading
from finetune.recipes.recipe import NEEDS_DATA, Context, Recipe

if TYPE_CHECKING:
    from finetune.adapting.result import AdaptResult
    from finetune.preview import Preview
    from models.encoders.windows import Layout

_VALID = 1500


def prepare(layout: Layout, data: Path, own: dict[str, str]) -> Prepared:
    """Questions of generated conversations, what people told a booking assistant, and SQuAD beside them.

    The last of these are there so that reading isn't unlearnt.
    """
    from finetune.data.reading.rows import reading_units
    from finetune.data.reading.squad import read
    from finetune.data.reading.stated import stated_examples
    from finetune.data.reading.told import told_examples
    from finetune.data.reading.unanswerable import unanswerable

    draw = random.Random(4)
    conversations = int(own["conversations"])
    asked = list(told_examples(11, conversations))
    stated = list(stated_examples(data, 3, int(len(asked) * float(own["stated"]))))
    texts = list(read(data))
    texts = draw.sample(texts, min(len(texts), int(len(asked) * float(own["texts"]))))
    mixed = asked + stated + texts + list(islice(unanswerable(texts, 1), len(texts) // 2))
    draw.shuffle(mixed)
    valid = list(islice(told_examples(12, max(1, conversations // 8)), _VALID))
    sources = {"told": len(asked), "sgd": len(stated), "reading": len(mixed) - len(asked) - len(stated)}
    return Prepared(reading_units(mixed, layout, 5), reading_units(valid, layout, 5), sources)


PLAN = Plan(
    name="told",
    lengths=LENGTHS,
    prepare=prepare,
    use='python -c "from models.encoders.read import Reader; '
    "print(Reader('told').read('Where do I live?', ['I moved to Oslo.']))\"",
    own={"conversations": "20000", "stated": "0.15", "texts": "0.2"},
    settings={"task": "read", "max_minutes": 35.0, "batch_tokens": 6144},
)


def run(context: Context) -> AdaptResult:
    """Prepare and tune.

    Own settings: `conversations`, how many are generated; `stated` and `texts`, for each question of theirs
    so many on what people told a booking assistant, and on texts.
    """
    return tune(PLAN, context)


def preview(context: Context, count: int) -> Preview:
    """The first questions of generated conversations, and with public data those beside them."""
    from finetune.data.reading.stated import stated_examples
    from finetune.data.reading.told import told_examples
    from finetune.preview import Preview

    kinds = {"told": map(marked, told_examples(11, count))}
    beside = preview_reading(context, count)
    if context.data is None:
        return Preview(kinds, lacking=dict.fromkeys(("sgd", *beside.lacking), NEEDS_DATA))
    kinds["sgd"] = map(marked, stated_examples(context.data, 3, count))
    return Preview(kinds | dict(beside.kinds))


RECIPE = Recipe("tune the reader on what users tell and ask back (needs HOMESPUN_DATA)", run, preview)
