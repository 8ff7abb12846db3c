"""Seal-Tools as examples of calls (Wu et al. 2024, arXiv:2405.08355): one query, often several calls.

In `seal_tools/`, made from `Seal-Tools_Dataset/` of fairyshine/Seal-Tools: `dev.jsonl`,
`{id, query, calling[{api, parameters}]}`, and `tool.jsonl`, `{api_name, api_description, field,
parameters{name: {type, description}}, required[]}`.

A call gives one example. The values stand in the query word for word or nearly; one that does not, or that is
another call's result (`API_call_0`), makes its parameter unsure. Two calls of one query are never on offer
together, as each would be right.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from finetune.data.calls import spoken
from finetune.data.calls.example import Argument, CallExample, Turn
from finetune.data.calls.offers import Tool, shuffled
from finetune.data.calls.spelling import drawn, respelt, words
from finetune.data.sources import records

_NONE_SHARE = 0.2
_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array"}


def read(folder: Path, seed: int = 0) -> Iterator[CallExample]:
    """Every call, in the order of the queries; after some an example in which no tool on offer is right.

    On offer are one to four others, half of them from the same field of knowledge but of unlike names.

    Args:
        folder: Holds `seal_tools/`.
        seed: Decides on spellings and on what else is on offer.

    Raises:
        UsageError: A file is missing.
    """
    described = list(records(folder / "seal_tools" / "tool.jsonl"))
    known = {record["api_name"]: tool(record) for record in described}
    fields = {record["api_name"]: record["field"].partition("/")[0] for record in described}
    near: dict[str, list[str]] = {}
    for name, field in fields.items():
        near.setdefault(field, []).append(name)
    names = list(known)
    for record in records(folder / "seal_tools" / "dev.jsonl"):
        rng = random.Random(f"{seed}/{record['id']}")
        right = [call["api"] for call in record["calling"]]
        for call in record["calling"]:
            if call["api"] not in known:
                continue
            pools = (near[fields[call["api"]]], names)
            others = [known[name] for name in _others(rng, pools, right, rng.randint(1, 4))]
            yield _call(record, call, known[call["api"]], others, rng)
            if rng.random() < _NONE_SHARE:
                others = [known[name] for name in _others(rng, pools, right, rng.randint(1, 4))]
                yield _call(record, call, None, others, rng)


def tool(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of `tool.jsonl` as a JSON Schema function."""
    properties = {}
    for name, parameter in record["parameters"].items():
        kind = _TYPES.get(parameter.get("type", "str"), "string")
        schema: dict[str, Any] = {"type": kind, "description": parameter.get("description", "")}
        properties[name] = {**schema, "items": {"type": "string"}} if kind == "array" else schema
    required = [name for name in record["required"] if name in properties]
    parameters = {"type": "object", "properties": properties, "required": required}
    return {"name": record["api_name"], "description": record["api_description"], "parameters": parameters}


def _others(rng: random.Random, pools: Sequence[list[str]], right: Sequence[str], count: int) -> list[str]:
    """Names from the pools in turn, none of which shares two words with a right one.

    Where a pool seems to have none left, the next one has to do.
    """
    used = [set(words(name)) for name in right]
    chosen: list[str] = []
    for number in range(count):
        for attempt in range(20):
            name = rng.choice(pools[(number + attempt // 10) % len(pools)])
            if name not in chosen and all(
                len(taken & set(words(name))) < min(2, len(taken)) for taken in used
            ):
                chosen.append(name)
                break
    return chosen


def _call(
    record: Mapping[str, Any],
    call: Mapping[str, Any],
    right: Tool | None,
    others: Sequence[Tool],
    rng: random.Random,
) -> CallExample:
    """An example of a call; without the right tool, one in which none is right."""
    spelling = drawn(rng)
    turns = (Turn("user", record["query"].strip()),)
    offered = [respelt(other, spelling)[0] for other in others]
    group = f"seal_tools/{record['id']}"
    if right is None:
        return CallExample("seal_tools", turns, shuffled(rng, offered), None, group=group)
    spelt, names = respelt(right, spelling)
    arguments: dict[str, Argument] = {}
    unsure = set()
    for name, value in call["parameters"].items():
        if name not in names:
            continue
        argument = _argument(turns[0].text, name, right["parameters"]["properties"][name]["type"], value)
        if argument is None:
            unsure.add(names[name])
        else:
            arguments[names[name]] = argument
    return CallExample(
        source="seal_tools",
        turns=turns,
        tools=shuffled(rng, [spelt, *offered]),
        tool=spelt["name"],
        arguments=arguments,
        group=group,
        unsure=frozenset(unsure),
    )


def _argument(query: str, name: str, kind: str, value: Any) -> Argument | None:
    """The value with its places; None where it is not said, or said for something else as well."""
    if kind == "boolean" and isinstance(value, bool):
        return Argument(value)
    if kind == "array" or isinstance(value, list):
        values = value if isinstance(value, list) else [value]
        places = [_place(query, name, "string", str(one)) for one in values]
        found = [place for place in places if place]
        return (
            Argument([str(one) for one in values], tuple(found))
            if found and len(found) == len(values)
            else None
        )
    if "API_call" in str(value) or not str(value).strip():
        return None
    place = _place(query, name, kind, str(value))
    if place is None:
        return None
    if kind in ("integer", "number"):
        try:
            number = float(str(value).replace(",", ""))
        except ValueError:
            return None
        return Argument(int(number) if kind == "integer" or number.is_integer() else number, (place,))
    return Argument(str(value), (place,))


def _place(query: str, name: str, kind: str, value: str) -> spoken.Place | None:
    if kind in ("integer", "number"):
        cues = [word[:5] for word in words(name) if len(word) > 2]
        places = spoken.number_mentions([query], value.removesuffix(".0"), cues)
        return places[-1] if len(places) == 1 else None
    places = spoken.mentions([query], value)
    return places[-1] if places else None
