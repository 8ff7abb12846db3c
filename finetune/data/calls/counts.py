"""How many examples of which kind a source gives, for cards and reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from finetune.data.calls.example import CallExample


def kinds(examples: Iterable[CallExample]) -> Counter[str]:
    """What the two heads learn from.

    Returns:
        `right` and `none` for choosing; for filling, by the parameters of the right tools: `absent` (not
        mentioned), `span`, `list` (several spans), `enum`, `boolean`, `unsure` (not trained on).
    """
    counted: Counter[str] = Counter()
    for example in examples:
        counted["none" if example.tool is None else "right"] += 1
        for tool in example.tools:
            if tool["name"] == example.tool:
                for name, schema in tool["parameters"].get("properties", {}).items():
                    counted[_kind(example, name, schema)] += 1
    return counted


def _kind(example: CallExample, name: str, schema: dict[str, Any]) -> str:
    if name in example.unsure:
        return "unsure"
    if name not in example.arguments:
        return "absent"
    places = example.arguments[name].places
    if places:
        return "span" if len(places) == 1 else "list"
    return "boolean" if schema.get("type") == "boolean" else "enum"
