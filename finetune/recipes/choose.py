"""choose: an adapter on the encoder that tells which tool to call, or none, from queries and dialogues."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from finetune.recipes.adapters import Plan, Prepared, tune
from finetune.recipes.fill import scaled
from finetune.recipes.recipe import Context, Recipe

if TYPE_CHECKING:
    from finetune.adapting.result import AdaptResult
    from models.encoders.windows import Layout

LENGTHS = {"max_length": 256, "stride": 64, "most_first": 110}
COUNTS = {"sgd": 5000, "seal_tools": 1500, "metatool": 9000, "clinc": 7000, "generated": 16000}
"""Examples of each source."""
MOST = 4
"""Tools of one example."""
_HELD_OUT = 0.02


def prepare(layout: Layout, data: Path, own: dict[str, str]) -> Prepared:
    """Choices of every source; a part of each, by dialogue or query, is kept for validation."""
    from finetune.data.calls.mixed import mixed, split
    from finetune.data.calls.rows import choose_units

    train, valid = split(mixed(data, seed=2, counts=scaled(COUNTS, own)), _HELD_OUT)
    sources = {name: sum(one.source == name for one in train) for name in COUNTS}
    return Prepared(choose_units(train, layout, MOST), choose_units(valid, layout, MOST), sources)


PLAN = Plan(
    name="choose",
    lengths=LENGTHS,
    prepare=prepare,
    use="homespun eval tools --model caller",
    own={"share": "1.0"},
    settings={
        "max_minutes": 60.0,
        "batch_tokens": 6144,
        "rank": 20,
        "alpha": 20.0,
        "widths": (64, 96, 128, 192, 256),
    },
)


def run(context: Context) -> AdaptResult:
    """Prepare and tune. Own setting: `share` of the examples."""
    return tune(PLAN, context)


RECIPE = Recipe("tune the chooser: which tool to call, or none (needs HOMESPUN_DATA)", run)
