"""Which tools a conversation is offered beside the right one."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from finetune.data.calls.spelling import words

Tool = Mapping[str, Any]

_STOP = frozenset(
    ("and", "are", "for", "can", "from", "get", "given", "that", "the", "this", "tool", "with", "you", "your")
)


def plain(name: str, description: str) -> dict[str, Any]:
    """A tool without parameters."""
    return {
        "name": name,
        "description": description,
        "parameters": {"type": "object", "properties": {}, "required": []},
    }


def content_words(tool: Tool) -> frozenset[str]:
    """Words of a tool's name and description that say something, in lower case, without plural s."""
    said = [*words(tool["name"]), *words(tool["description"])]
    return frozenset(word.rstrip("s") for word in said if word not in _STOP and len(word) > 2)


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard's index of two sets of words, 0 to 1."""
    return len(one & other) / (len(one | other) or 1)


def shuffled(rng: random.Random, tools: Sequence[Tool]) -> tuple[Tool, ...]:
    """The tools in another order; the first of those that share a name stays."""
    distinct = list({tool["name"]: tool for tool in reversed(tools)}.values())
    rng.shuffle(distinct)
    return tuple(distinct)
