"""The language of metadata filters, one for all stores: ``{"source": "a.md", "page": {"$gte": 3}}``.

Contract: several keys must all hold, as must several operators of one key. ``$eq $ne $in $nin`` compare
strings, numbers and truths; ``$gt $gte $lt $lte`` compare numbers. Kinds are apart: 1 is 1.0, and neither "1"
nor True. ``$ne`` and ``$nin`` are the contraries of ``$eq`` and ``$in``: a key that isn't there satisfies
them, and no other operator. ``$and`` and ``$or`` hold lists of filters. An empty filter lets all through.

`matches` says what a filter means; `to_sql` and `rag.stores.where` say the same to others.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homespun.errors import UsageError

Filter = Mapping[str, Any]
Scalar = str | int | float | bool

DEPTH = 20
"""Levels of ``$and`` and ``$or``, at most."""
CONDITIONS = 200
"""Comparisons in one filter, at most; a list of ``$in`` counts as one."""

_ORDER: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "$gt": (operator.gt, ">"),
    "$gte": (operator.ge, ">="),
    "$lt": (operator.lt, "<"),
    "$lte": (operator.le, "<="),
}
_NEGATED = {"$ne": "$eq", "$nin": "$in"}
_OPERATORS = ("$eq", "$ne", *_ORDER, "$in", "$nin")
_JOINED = ("$and", "$or")
_NUMBERS = "('integer', 'real')"


@dataclass(frozen=True)
class Test:
    """One comparison: `values` is one for all operators but ``$in`` and ``$nin``."""

    key: str
    operator: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True)
class Joined:
    """All of `parts` (``$and``), or any of them (``$or``)."""

    operator: str
    parts: tuple[Node, ...]


Node = Test | Joined


def parse(asked: Filter) -> Node:
    """Looks a filter over; returns it as a tree.

    Raises:
        UsageError: if it isn't one; the line says what of it.
    """
    tree = _filter(asked, 0)
    if _count(tree) > CONDITIONS:
        raise UsageError(f"The filter makes more than {CONDITIONS} comparisons.")
    return tree


def matches(asked: Filter, metadata: Mapping[str, Any]) -> bool:
    """Says whether a filter lets a document of this metadata through.

    Raises:
        UsageError: if it isn't a filter.
    """
    return _holds(parse(asked), metadata)


def to_sql(asked: Filter, column: str = "metadata") -> tuple[str, list[str]]:
    """Returns the filter as a condition of SQL and the values of its parameters.

    Args:
        asked: the filter.
        column: the SQL expression of a JSON object, the metadata; written into the condition as it is.

    Raises:
        UsageError: if it isn't a filter.
    """
    values: list[str] = []
    return _sql(parse(asked), column, values), values


def check_scalar(value: object, where: str) -> Scalar:
    """Returns a value that metadata and filters may hold.

    Raises:
        UsageError: if it's none: not a string, number or truth, too large, not finite, or text with half a
            character or a NUL in it; `where` begins the line.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise UsageError(f"{where} is the number {value}, which takes more than 64 bits.")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UsageError(f"{where} is {value}, and only finite numbers can be kept and compared.")
        return value
    if isinstance(value, str):
        check_text(value, where)
        return value
    raise UsageError(f"{where} is a {type(value).__name__}, and only strings, numbers and truths can be.")


def check_text(value: str, where: str) -> None:
    """Looks for what no database keeps: a NUL, or half a character.

    Raises:
        UsageError: if there is any.
    """
    if "\0" in value:
        raise UsageError(f"{where} holds a NUL character.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{where} holds half a character (a lone surrogate).") from None


def kind(value: object) -> str:
    """Returns "truth", "number", "text" or "other": values of different kinds are never equal."""
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "other"


def _filter(asked: object, depth: int) -> Node:
    if not isinstance(asked, Mapping):
        raise UsageError(f"A filter is a dict such as {{'source': 'a.md'}}, not {_shown(asked)}.")
    if depth > DEPTH:
        raise UsageError(f"The filter is nested deeper than {DEPTH} levels.")
    parts: list[Node] = []
    for key, condition in asked.items():
        if not isinstance(key, str):
            raise UsageError(f"A filter's keys are names of metadata, not {_shown(key)}.")
        if key in _JOINED:
            if not isinstance(condition, list | tuple) or not condition:
                raise UsageError(
                    f"{key} of a filter takes a list of one filter or more, not {_shown(condition)}."
                )
            parts.append(Joined(key, tuple(_filter(one, depth + 1) for one in condition)))
        elif key.startswith("$"):
            known = " ".join((*_JOINED, *_OPERATORS))
            place = " It stands behind a name: {name: {" + key + ": value}}." if key in _OPERATORS else ""
            raise UsageError(f"A filter can't begin with {_shown(key)}.{place} There are: {known}.")
        else:
            check_text(key, f"The filter's key {_shown(key)}")
            parts += _tests(key, condition)
    return parts[0] if len(parts) == 1 else Joined("$and", tuple(parts))


def _tests(key: str, condition: object) -> list[Test]:
    if not isinstance(condition, Mapping):
        if isinstance(condition, list | tuple):
            raise UsageError(f"The filter of {_shown(key)} is a list: write {{'$in': [...]}}.")
        return [Test(key, "$eq", (check_scalar(condition, f"The filter of {_shown(key)}"),))]
    if not condition:
        raise UsageError(f"The filter of {_shown(key)} is an empty dict: give it an operator, such as $gte.")
    found = []
    for name, wanted in condition.items():
        where = f"{name} of {_shown(key)} in the filter"
        if name not in _OPERATORS:
            raise UsageError(f"The filter has no operator {_shown(name)}. There are: {' '.join(_OPERATORS)}.")
        if name in ("$in", "$nin"):
            if not isinstance(wanted, list | tuple | set | frozenset):
                raise UsageError(f"{where} takes a list, not {_shown(wanted)}.")
            found.append(Test(key, name, tuple(check_scalar(one, f"A value in {where}") for one in wanted)))
            continue
        value = check_scalar(wanted, where)
        if name in _ORDER and kind(value) != "number":
            raise UsageError(f"{where} compares numbers, and {_shown(value)} is none.")
        found.append(Test(key, name, (value,)))
    return found


def _shown(value: object) -> str:
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _count(tree: Node) -> int:
    return 1 if isinstance(tree, Test) else sum(map(_count, tree.parts))


def _holds(tree: Node, metadata: Mapping[str, Any]) -> bool:
    if isinstance(tree, Joined):
        held = (_holds(part, metadata) for part in tree.parts)
        return all(held) if tree.operator == "$and" else any(held)
    there = tree.key in metadata
    value = metadata.get(tree.key)
    if tree.operator in _ORDER:
        return there and kind(value) == "number" and _ORDER[tree.operator][0](value, tree.values[0])
    equal = there and any(kind(value) == kind(one) and value == one for one in tree.values)
    return equal is not (tree.operator in _NEGATED)


def _sql(tree: Node, column: str, values: list[str]) -> str:
    """The condition, 0 or 1 and never NULL; what its question marks stand for is put into `values`."""
    if isinstance(tree, Joined):
        if not tree.parts:
            return "1"
        return (
            "("
            + f" {tree.operator[1:].upper()} ".join(_sql(part, column, values) for part in tree.parts)
            + ")"
        )
    if tree.operator in _ORDER:
        return _sql_of(
            tree.key, column, [(_number(_ORDER[tree.operator][1]), json.dumps(tree.values[0]))], values
        )
    alternatives: list[tuple[str, str]] = []
    groups: dict[str, list[Scalar]] = {}
    for one in tree.values:
        groups.setdefault(kind(one), []).append(one)
    for name, members in groups.items():
        if name == "truth":
            alternatives.append(("{type} IN (SELECT value FROM json_each(?))", _truths(members)))
        elif len(members) == 1:
            how = (
                _number("IS") if name == "number" else "({type} = 'text' AND {value} IS json_extract(?, '$'))"
            )
            alternatives.append((how, json.dumps(members[0])))
        else:
            types = _NUMBERS if name == "number" else "('text')"
            how = f"({{type}} IN {types} AND {{value}} IN (SELECT value FROM json_each(?)))"
            alternatives.append((how, json.dumps(members)))
    equal = _sql_of(tree.key, column, alternatives, values) if alternatives else "0"
    return f"NOT {equal}" if tree.operator in _NEGATED else equal


def _number(comparison: str) -> str:
    # The number goes through SQLite's reading of JSON, as the other did, so that both are rounded alike.
    return f"({{type}} IN {_NUMBERS} AND {{value}} {comparison} json_extract(?, '$'))"


def _truths(members: Sequence[Scalar]) -> str:
    return json.dumps(["true" if one else "false" for one in members])


def _sql_of(key: str, column: str, alternatives: Sequence[tuple[str, str]], values: list[str]) -> str:
    """Whether the value of a key satisfies one of some conditions on ``{type}`` and ``{value}``."""
    if key.isascii() and key.isprintable() and not set(key) & {'"', "\\"}:
        path = f'$."{key}"'
        parts = []
        for how, value in alternatives:
            parts.append(
                how.format(type=f"coalesce(json_type({column}, ?), '')", value=f"json_extract({column}, ?)")
            )
            values += [path, path, value] if "{value}" in how else [path, value]
        return "(" + " OR ".join(parts) + ")"
    # SQLite compares a path with the key as it's written in JSON, where such characters may be escaped.
    inner = " OR ".join(how.format(type="pair.type", value="pair.atom") for how, _ in alternatives)
    values += [key, *(value for _, value in alternatives)]
    return f"EXISTS (SELECT 1 FROM json_each({column}) AS pair WHERE pair.key = ? AND ({inner}))"
