"""fill: an adapter on the encoder that finds arguments of calls, from dialogues and generated requests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from finetune.recipes.adapters import Plan, Prepared, tune
from finetune.recipes.recipe import Context, Recipe

if TYPE_CHECKING:
    from finetune.adapting.result import AdaptResult
    from models.encoders.windows import Layout

LENGTHS = {"max_length": 256, "stride": 64, "most_first": 120}
COUNTS = {"sgd": 9000, "seal_tools": 2000, "generated": 26000}
"""Examples (calls) of each source; each gives a row for every parameter."""
_HELD_OUT = 0.02


def prepare(layout: Layout, data: Path, own: dict[str, str]) -> Prepared:
    """Calls of every source; a part of each, by dialogue or query, is kept for validation."""
    from finetune.data.calls.mixed import mixed, split
    from finetune.data.calls.rows import fill_units

    train, valid = split(mixed(data, seed=1, counts=scaled(COUNTS, own)), _HELD_OUT)
    sources = {name: sum(one.source == name for one in train) for name in COUNTS}
    return Prepared(fill_units(train, layout), fill_units(valid, layout), sources)


def scaled(counts: Mapping[str, int], own: dict[str, str]) -> dict[str, int]:
    """The numbers of examples times the setting `share`."""
    return {name: max(1, round(count * float(own["share"]))) for name, count in counts.items()}


PLAN = Plan(
    name="fill",
    lengths=LENGTHS,
    prepare=prepare,
    use="homespun eval tools --model caller",
    own={"share": "1.0"},
    settings={"max_minutes": 90.0, "batch_tokens": 6144, "init_from": None},
)


def run(context: Context) -> AdaptResult:
    """Prepare and tune, from the reader where there is one. Own setting: `share` of the examples."""
    return tune(beginning(PLAN, context), context)


def beginning(plan: Plan, context: Context) -> Plan:
    """The plan, beginning from the reader's adapter where it can be found."""
    from dataclasses import replace

    from homespun.errors import ModelNotFound
    from models.encoders.adapters import find_adapter

    try:
        start = find_adapter("read", context.home)
    except ModelNotFound:
        return plan
    return replace(plan, settings={**plan.settings, "init_from": str(start.folder)})


RECIPE = Recipe("tune the filler: arguments of tool calls from what was said (needs HOMESPUN_DATA)", run)
