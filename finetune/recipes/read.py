"""read: an adapter on the encoder that finds answers in passages, from SQuAD and questions without any."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from finetune.recipes.adapters import Plan, Prepared, tune
from finetune.recipes.recipe import NEEDS_DATA, Context, Recipe

if TYPE_CHECKING:
    from finetune.adapting.result import AdaptResult
    from finetune.data.reading.squad import ReadingExample
    from finetune.preview import Pieces, Preview
    from models.encoders.windows import Layout

LENGTHS = {"max_length": 320, "stride": 96, "most_first": 48}
_HELD_OUT = 8
_VALID = 1500


def prepare(layout: Layout, data: Path, own: dict[str, str]) -> Prepared:
    """All questions of the training part, and for a share of them one that its passage doesn't answer.

    Eight articles are kept for validation.
    """
    from finetune.data.reading.rows import reading_units
    from finetune.data.reading.squad import read
    from finetune.data.reading.unanswerable import unanswerable

    draw = random.Random(2)
    asked = list(read(data))
    share = float(own["unanswerable"])
    mixed = asked + [one for one in unanswerable(asked, 1) if draw.random() < share]
    articles = sorted({one.group for one in asked})
    random.Random(5).shuffle(articles)
    held = set(articles[: min(_HELD_OUT, len(articles) // 2)])
    train = [one for one in mixed if one.group not in held]
    valid = [one for one in mixed if one.group in held]
    draw.shuffle(train)
    draw.shuffle(valid)
    sources = {"reading": len(train)}
    return Prepared(reading_units(train, layout, 3), reading_units(valid[:_VALID], layout, 3), sources)


PLAN = Plan(
    name="read",
    lengths=LENGTHS,
    prepare=prepare,
    use='python -c "from models.encoders.read import Reader; '
    "print(Reader().read('Who came?', ['Ada came at noon.']))\"",
    own={"unanswerable": "0.5"},
    settings={"max_minutes": 150.0, "batch_tokens": 6144},
)


def run(context: Context) -> AdaptResult:
    """Prepare and tune. Own setting: `unanswerable`, how many of these for each of the others."""
    return tune(PLAN, context)


def preview(context: Context, count: int) -> Preview:
    """The first questions with their passages, and unanswerable ones made from them."""
    from finetune.preview import Preview

    if context.data is None:
        return Preview({}, lacking=dict.fromkeys(("reading", "unanswerable"), NEEDS_DATA))
    return Preview(
        {
            "reading": map(marked, _first(context.data, count)),
            "unanswerable": map(marked, _unanswerable(context.data, count)),
        }
    )


def _first(data: Path, count: int) -> Iterator[ReadingExample]:
    from finetune.data.reading.squad import read
    from finetune.data.sources import existing

    yield from islice(read(existing(data)), count)


def _unanswerable(data: Path, count: int) -> Iterator[ReadingExample]:
    from finetune.data.reading.unanswerable import unanswerable

    yield from islice(unanswerable(list(_first(data, count)), 1), count)


def marked(one: ReadingExample) -> Pieces:
    """A question with its passage, in which the answer is the target; behind it where it holds none."""
    from finetune.preview import Piece

    asked = Piece(f"question: {one.question}\npassage: ", False)
    if one.start < 0:
        return asked, Piece(f"{one.passage}\nanswer: ", False), Piece("none", True)
    before, after = one.passage[: one.start], one.passage[one.end :]
    parts = asked, Piece(before, False), Piece(one.answer, True), Piece(after, False)
    return tuple(part for part in parts if part.text)


RECIPE = Recipe("tune the reader: answers as spans of passages, or none (needs HOMESPUN_DATA)", run, preview)
