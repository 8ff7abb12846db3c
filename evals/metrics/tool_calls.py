"""Tool calls against accepted calls, as the Berkeley Function Calling Leaderboard matches them.

Contract: truth is BFCL's: for each call that is wanted ``{"function": {"argument": [accepted values]}}``.
Values are judged by `evals.metrics.accepted`. A call is right if its name is, every required and every
non-optional argument is there, none is there that the function or the truth doesn't know, and every value is
accepted; the first fault in that order is the one reported. Simple, multiple, parallel and parallel-multiple
samples are one case: as many calls as wanted, in any order, each used once.

Differences from the reference checker, all on purpose:

- The truth's calls are matched with the model's by a maximum matching, not greedily in the truth's order: an
  answer in which every call is right under some assignment is right.
- A name with characters that providers don't allow is right as it stands or with underscores in their place
  ("math.factorial", "math_factorial"), whatever the model.
- For irrelevance a call that couldn't be read counts as a call; the caller passes it in as one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from evals.metrics.accepted import Problem, optional, value_fault
from evals.metrics.matching import matching

Error = Literal[
    "wrong_count",
    "wrong_name",
    "missing_argument",
    "unexpected_argument",
    "no_match",
    "unwanted_call",
    "no_call",
]
Function = Mapping[str, Any]
Truth = Mapping[str, Mapping[str, Sequence[Any]]]

KINDS = ("integer", "float", "string", "boolean", "array", "object")
"""Types by which arguments are counted."""
_KINDS = {"number": "float", "dict": "object", "tuple": "array", "any": "string"}
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_-]")


class Call(NamedTuple):
    """A call that a model made: the tool's name and its arguments as JSON has them."""

    name: str
    arguments: Mapping[str, Any]


class Argument(NamedTuple):
    """One argument that was wanted or given: its name, its type (one of `KINDS`), and whether it's right."""

    name: str
    kind: str
    right: bool


@dataclass(frozen=True)
class Verdict:
    """How calls compare with the truth.

    Attributes:
        right: whether all is.
        error: the kind of the first fault; None where all is right.
        message: one line about it.
        argument: the argument at fault, if it's one.
        names: whether the right tools were called as often as wanted, whatever their arguments.
        arguments: all arguments that the truth demands, and those that it allows and the model gave.
    """

    right: bool
    error: Error | Problem | None = None
    message: str = ""
    argument: str | None = None
    names: bool = True
    arguments: tuple[Argument, ...] = ()


def safe_name(name: str) -> str:
    """Returns a function's name as providers allow it: ``[A-Za-z0-9_-]``, other characters as underscores."""
    return _NOT_ALLOWED.sub("_", name)


def same_name(called: str, wanted: str) -> bool:
    """Returns whether a call's name is the wanted function's, as it stands or made safe."""
    return called in (wanted, safe_name(wanted))


def match_category(
    category: str, calls: Sequence[Call], truth: Sequence[Truth] | None, functions: Sequence[Function]
) -> Verdict:
    """Judges calls as BFCL's category asks.

    Args:
        category: "…irrelevance" wants no call, "…relevance" at least one of any kind, all others `truth`.
        calls: what the model called.
        truth: what is wanted; not looked at for relevance and irrelevance.
        functions: what was on offer.
    """
    if "irrelevance" in category:
        if calls:
            return Verdict(False, "unwanted_call", f"no tool fits, but {calls[0].name} was called")
        return Verdict(True)
    if "relevance" in category:
        return Verdict(True) if calls else Verdict(False, "no_call", "a tool fits, but none was called")
    return match_calls(calls, truth or (), functions)


def match_calls(calls: Sequence[Call], truth: Sequence[Truth], functions: Sequence[Function]) -> Verdict:
    """Judges all calls of one answer, in whatever order they were made.

    Raises:
        ValueError: The truth names a function that isn't on offer.
    """
    wanted = [_wanted(one, functions) for one in truth]
    table = [[match_call(call, one, functions) for call in calls] for one in truth]
    pairs = matching([[cell.right for cell in row] for row in table])
    names = len(calls) == len(truth) and len(
        matching([[same_name(call.name, name) for call in calls] for name, _, _ in wanted])
    ) == len(truth)
    arguments = _aligned(table, wanted, pairs)
    if len(calls) != len(truth):
        message = f"{len(truth)} wanted, {len(calls)} made"
        return Verdict(False, "wrong_count", message, names=names, arguments=arguments)
    missed = [row for row in range(len(truth)) if row not in pairs]
    if not missed:
        return Verdict(True, arguments=arguments)
    if len(truth) == 1:
        only = table[0][0]
        return Verdict(False, only.error, only.message, only.argument, names, arguments)
    message = f"no call matches {wanted[missed[0]][0]} (call {missed[0] + 1} of those wanted)"
    return Verdict(False, "no_match", message, names=names, arguments=arguments)


def match_call(call: Call, truth: Truth, functions: Sequence[Function]) -> Verdict:
    """Judges one call against one accepted call.

    Raises:
        ValueError: The truth names a function that isn't on offer.
    """
    name, accepted, function = _wanted(truth, functions)
    if not same_name(call.name, name):
        return Verdict(False, "wrong_name", f"{name} wanted, {call.name} called", names=False)
    schema = function.get("parameters") or {}
    properties: Mapping[str, Any] = schema.get("properties") or {}
    faults = {
        key: value_fault(value, accepted[key], properties[key])
        for key, value in call.arguments.items()
        if key in accepted and key in properties
    }
    arguments = tuple(
        Argument(key, kind_of(properties[key]), key in faults and faults[key] is None)
        for key, values in accepted.items()
        if key in properties and (key in faults or not optional(values))
    )

    def wrong(error: Error | Problem, message: str, argument: str) -> Verdict:
        return Verdict(False, error, f"{name}: {message}", argument, arguments=arguments)

    for key in schema.get("required") or ():
        if key not in call.arguments:
            return wrong("missing_argument", f"{key} is required", key)
    for key in call.arguments:
        if key not in faults:
            return wrong("unexpected_argument", f"{key} is not expected", key)
        fault = faults[key]
        if fault is not None:
            return wrong(fault.problem, f"{key}: {fault.message}", key)
    for key, values in accepted.items():
        if key not in call.arguments and not optional(values):
            return wrong("missing_argument", f"{key} must not be left out", key)
    return Verdict(True, arguments=arguments)


def kind_of(schema: Mapping[str, Any]) -> str:
    """Returns a parameter's type as one of `KINDS`; "string" where it has none that is known."""
    kind = schema.get("type")
    kind = _KINDS.get(kind, kind) if isinstance(kind, str) else ""
    return kind if kind in KINDS else "string"


def _wanted(truth: Truth, functions: Sequence[Function]) -> tuple[str, Mapping[str, Sequence[Any]], Function]:
    [(name, accepted)] = truth.items()
    for function in functions:
        if function["name"] == name:
            return name, accepted, function
    raise ValueError(f"the truth calls {name!r}, which is not among the functions on offer")


def _aligned(
    table: Sequence[Sequence[Verdict]],
    wanted: Sequence[tuple[str, Mapping[str, Sequence[Any]], Function]],
    pairs: Mapping[int, int],
) -> tuple[Argument, ...]:
    """Arguments of every wanted call, from the call that matches or else has most of it right."""
    free = set(range(len(table[0]) if table else 0)) - set(pairs.values())
    found: list[Argument] = []
    for row, (_, accepted, function) in enumerate(wanted):
        column = pairs.get(row)
        if column is None:
            near = [place for place in sorted(free) if table[row][place].names]
            counts = [sum(a.right for a in table[row][place].arguments) for place in near]
            if near:
                column = near[counts.index(max(counts))]
                free.discard(column)
        if column is not None:
            found += table[row][column].arguments
            continue
        properties = (function.get("parameters") or {}).get("properties") or {}
        found += [
            Argument(key, kind_of(properties[key]), False)
            for key, values in accepted.items()
            if key in properties and not optional(values)
        ]
    return tuple(found)
