"""Filters of a search, as LangGraph's stores have them: ``{"colour": "red", "price": {"$lt": 5}}``.

Contract: keys are names, never paths, whatever characters they hold. A dict in a filter is compared key by
key, or is a set of operators; a list is compared element by element. What can't be compared doesn't match:
one odd item fails no search.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}
_EQUALITY: dict[str, Callable[[Any, Any], bool]] = {"$eq": operator.eq, "$ne": operator.ne}


def check_filter(asked: Mapping[str, Any]) -> None:
    """Looks a filter over before any item is seen.

    Raises:
        ValueError: If it has an operator that there isn't; the message names those that there are.
    """
    for condition in asked.values():
        _check(condition)


def matches(value: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Says whether an item's value is what a checked filter asks for; a missing key counts as null."""
    return all(_fits(value.get(key), condition) for key, condition in asked.items())


def _check(condition: Any) -> None:
    if isinstance(condition, dict):
        if _is_operators(condition):
            unknown = [name for name in condition if name not in _ORDER and name not in _EQUALITY]
            if unknown:
                names = ", ".join((*_EQUALITY, *_ORDER))
                raise ValueError(f"Unsupported operator {unknown[0]!r} in a filter; there are {names}.")
        else:
            check_filter(condition)
    elif isinstance(condition, (list, tuple)):
        for element in condition:
            _check(element)


def _is_operators(condition: dict[str, Any]) -> bool:
    return any(name.startswith("$") for name in condition)


def _fits(value: Any, condition: Any) -> bool:
    if isinstance(condition, dict):
        if _is_operators(condition):
            return all(_compare(value, name, wanted) for name, wanted in condition.items())
        return isinstance(value, dict) and matches(value, condition)
    if isinstance(condition, (list, tuple)):
        return (
            isinstance(value, list)
            and len(value) == len(condition)
            and all(_fits(*pair) for pair in zip(value, condition, strict=True))
        )
    return bool(value == condition)


def _compare(value: Any, name: str, wanted: Any) -> bool:
    """Numbers, and texts that are numbers, by size; other texts (dates, say) by their characters."""
    if name in _EQUALITY:
        return bool(_EQUALITY[name](value, wanted))
    try:
        return _ORDER[name](float(value), float(wanted))
    except (TypeError, ValueError, OverflowError):
        return isinstance(value, str) and isinstance(wanted, str) and _ORDER[name](value, wanted)
