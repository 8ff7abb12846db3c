"""Filters in the words of Chroma, which takes one key and one operator at a time and no empty list.

Contract: what comes out means in Chroma what `rag.stores.filters.matches` says of the filter.
"""

from __future__ import annotations

from typing import Any

from rag.stores.filters import Filter, Node, Scalar, Test, parse

# What lets all and what lets nothing through, whatever the name.
_ALL: dict[str, Any] = {"$or": [{"source": {"$eq": 1}}, {"source": {"$ne": 1}}]}
_NONE: dict[str, Any] = {"$and": _ALL["$or"]}


def to_where(asked: Filter) -> dict[str, Any]:
    """Returns the filter for Chroma's ``where``.

    Raises:
        UsageError: if it isn't a filter.
    """
    return _where(parse(asked))


def reserved(key: str) -> bool:
    """Says whether Chroma keeps names like this to itself: no metadata there has it."""
    return key.startswith(("#", "$", "chroma:")) or not key


def _where(tree: Node) -> dict[str, Any]:
    if isinstance(tree, Test):
        return _of_test(tree)
    return _joined(tree.operator, [_where(part) for part in tree.parts])


def _of_test(test: Test) -> dict[str, Any]:
    if reserved(test.key):
        return _joined("$and", []) if test.operator in ("$ne", "$nin") else _NONE
    if test.operator not in ("$in", "$nin"):
        return {test.key: {test.operator: test.values[0]}}
    groups: dict[type, list[Scalar]] = {}
    for value in test.values:
        groups.setdefault(type(value), []).append(value)
    lists = [{test.key: {test.operator: members}} for members in groups.values()]
    if not lists and test.operator == "$in":
        return _NONE
    return _joined("$or" if test.operator == "$in" else "$and", lists)


def _joined(operator: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    if not parts:
        return _ALL
    return parts[0] if len(parts) == 1 else {operator: parts}
