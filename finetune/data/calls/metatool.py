"""MetaTool as examples of choosing (Huang et al. 2023, arXiv:2310.03128): tools without parameters.

In `metatool/`, made from `dataset/` of HowieHwong/MetaTool: `all_clean_data.csv` (Query, Tool),
`plugin_des.json` and `big_tool_des.json` (`{name: description}`), and `Task1.json` (`[{query, label}]`: no
tool is needed for queries that are labelled negative). Queries that need two tools are left out.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path

from finetune.data.calls.example import CallExample, Turn
from finetune.data.calls.offers import Tool, content_words, likeness, plain, shuffled
from finetune.data.sources import lines

_NONE_SHARE = 0.15
_LIKE = 10


def read(folder: Path, seed: int = 0) -> Iterator[CallExample]:
    """The queries of the table in its order, then those that need no tool.

    Two to five tools are on offer, up to two of them like the right one. In `_NONE_SHARE` of the queries the
    right tool and its like are left out, and none is right.

    Args:
        folder: Holds `metatool/`.
        seed: Decides on what else is on offer.

    Raises:
        UsageError: A file is missing.
    """
    tools = _tools(folder / "metatool")
    like = _like(tools)
    for number, row in enumerate(csv.DictReader(lines(folder / "metatool" / "all_clean_data.csv"))):
        query, right = row["Query"].strip(), row["Tool"].strip()
        if not query or right not in tools:
            continue
        rng = random.Random(f"{seed}/{number}")
        others = [name for name in tools if name != right and name not in like[right]]
        if rng.random() < _NONE_SHARE:
            chosen, tool = rng.sample(others, min(rng.randint(2, 5), len(others))), None
        else:
            near = rng.sample(like[right], min(rng.randint(0, 2), len(like[right])))
            chosen, tool = [right, *near, *rng.sample(others, min(rng.randint(1, 2), len(others)))], right
        yield _example(query, [tools[name] for name in chosen], tool, f"metatool/{number}", rng)
    for number, record in enumerate(json.loads("".join(lines(folder / "metatool" / "Task1.json")))):
        if record["label"] == "negative" and record["query"].strip():
            rng = random.Random(f"{seed}/task1/{number}")
            chosen = rng.sample(sorted(tools), min(rng.randint(2, 5), len(tools)))
            group = f"metatool/task1/{number}"
            yield _example(record["query"].strip(), [tools[name] for name in chosen], None, group, rng)


def _example(query: str, tools: list[Tool], tool: str | None, group: str, rng: random.Random) -> CallExample:
    return CallExample("metatool", (Turn("user", query),), shuffled(rng, tools), tool, group=group)


def _tools(folder: Path) -> dict[str, Tool]:
    described: dict[str, str] = {}
    for file in ("plugin_des.json", "big_tool_des.json"):
        described |= json.loads("".join(lines(folder / file)))
    return {name: plain(name, description.strip()) for name, description in described.items()}


def _like(tools: dict[str, Tool]) -> dict[str, list[str]]:
    """Name → the names whose descriptions share most words with it, if they share any."""
    said = {name: content_words(tool) for name, tool in tools.items()}
    return {
        name: [
            other
            for other in sorted(tools, key=lambda other: (-likeness(mine, said[other]), other))
            if other != name and likeness(mine, said[other]) > 0
        ][:_LIKE]
        for name, mine in said.items()
    }
