"""CLINC150 as examples of choosing (Larson et al. 2019, arXiv:1909.02027): 150 intents, and out of scope.

`clinc150.jsonl`, `{text, intent}`, made from `data/data_full.json` of clinc/oos-eval; the intent `oos` is out
of scope. An intent is offered as a tool without parameters; `clinc_intents` describes it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from finetune.data.calls.clinc_intents import description
from finetune.data.calls.example import CallExample, Turn
from finetune.data.calls.offers import Tool, content_words, likeness, plain, shuffled
from finetune.data.calls.spelling import drawn
from finetune.data.sources import records

_NONE_SHARE = 0.1
_LIKE = 8
_OUT_OF_SCOPE = "oos"


def read(folder: Path, seed: int = 0) -> Iterator[CallExample]:
    """Every text, in the order of the file.

    Two to six tools are on offer, some of them with a name or description like the right one's. Out of scope,
    none is right; and in `_NONE_SHARE` of the others, where the right tool and its like are left out.

    Args:
        folder: Holds `clinc150.jsonl`.
        seed: Decides on spellings and on what else is on offer.

    Raises:
        UsageError: The file is missing.
    """
    path = folder / "clinc150.jsonl"
    names = dict.fromkeys(record["intent"] for record in records(path))
    tools: dict[str, Tool] = {name: plain(name, description(name)) for name in names if name != _OUT_OF_SCOPE}
    like = {name: _like(name, tools) for name in tools}
    for number, record in enumerate(records(path)):
        rng = random.Random(f"{seed}/{number}")
        intent = record["intent"]
        right = None if intent == _OUT_OF_SCOPE or rng.random() < _NONE_SHARE else intent
        near = like.get(intent, [])
        others = [name for name in tools if name != intent and name not in near]
        chosen = rng.sample(
            others, min(rng.randint(2, 5) if right is None else rng.randint(1, 3), len(others))
        )
        if right is not None:
            chosen += [right, *rng.sample(near, min(rng.randint(0, 2), len(near)))]
        spell = drawn(rng).tool
        offered = shuffled(rng, [plain(spell(name), tools[name]["description"]) for name in chosen])
        tool = None if right is None else spell(right)
        turns = (Turn("user", record["text"].strip()),)
        yield CallExample("clinc", turns, offered, tool, group=f"clinc/{number}")


def _like(name: str, tools: dict[str, Tool]) -> list[str]:
    mine = content_words(tools[name])
    alike = {other: likeness(mine, content_words(tool)) for other, tool in tools.items() if other != name}
    ordered = sorted(alike, key=lambda other: (-alike[other], other))
    return [other for other in ordered if alike[other] > 0][:_LIKE]
