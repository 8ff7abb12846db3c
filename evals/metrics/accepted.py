"""Accepted values: whether an argument of a tool call is one of those that are right, by BFCL's rules.

Contract: the rules are those of the Berkeley Function Calling Leaderboard's AST checker for Python (Patil et
al., 2025, "The Berkeley Function Calling Leaderboard", ICML), told here and written anew:

- Types are exact: `True` is no integer and `1` no boolean. A whole number is accepted for a float, but only
  where the parameter itself is a float: items of an array of floats must have the type that the truth has.
- A tuple is a list; `any` is a string.
- A value of another type than the parameter's is taken for a variable if the accepted values have its type,
  and so is every value where they have another type than the parameter's: it must then equal one of them
  exactly.
- Strings are compared in lower case, without blanks and ``, . / - _ * ^``, single quotes being double ones.
  So are strings right inside a list or as a value in a dictionary, but none deeper down: those must be equal.
- Items of a list are checked for type one level deep; order and number of items count.
- A dictionary has a list of accepted values for each key; ``""`` among them means that the key may be left
  out. Its values have no declared type, so `==` decides, for which `True` is 1.
- Dictionaries in a list are compared one by one, in order.
- ``""`` among the accepted values of an argument means that it may be left out; an empty list says the same.

Where the reference checker fails on malformed truth (a dictionary's key without a list, `None` where a list
or dictionary belongs, an array without a type of items), this one compares what it can: "wrong value".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Problem = Literal["wrong_type", "wrong_item_type", "wrong_value"]

_TYPES: Mapping[str, type] = {
    "string": str,
    "any": str,
    "integer": int,
    "float": float,
    "number": float,
    "boolean": bool,
    "array": list,
    "tuple": list,
    "dict": dict,
    "object": dict,
}
_IGNORED = re.compile(r"[ ,./\-_*^]")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a value.

    Attributes:
        problem: its kind.
        message: one line that names what was expected.
    """

    problem: Problem
    message: str


def standard(text: str) -> str:
    """Returns a string as it's compared: "April 1, 2024" and "april 1 2024" are one."""
    return _IGNORED.sub("", text).lower().replace("'", '"')


def optional(accepted: Sequence[Any]) -> bool:
    """Returns whether the argument may be left out."""
    return any(isinstance(option, str) and not option for option in accepted)


def value_fault(value: Any, accepted: Sequence[Any], schema: Mapping[str, Any]) -> Fault | None:
    """Returns what is wrong with an argument, or None where it's accepted.

    Args:
        value: what was given, as JSON has it (tuples count as lists).
        accepted: all values that are right.
        schema: the parameter's description: `type` and, for arrays, `items`; BFCL's names of types or JSON
            Schema's.
    """
    kind = schema.get("type")
    wanted = _type(kind)
    items = _type((schema.get("items") or {}).get("type")) if wanted is list else None
    if kind == "tuple" and isinstance(value, tuple):
        value = list(value)
    if wanted is float and type(value) is int:
        value = _as_float(value)
    truth = _type_of_truth(accepted)
    variable = truth is not None and wanted is not None and truth is not wanted
    if wanted is None or type(value) is wanted:
        if items is not None and not any(_items_fit(value, option, items) for option in accepted):
            return Fault("wrong_item_type", f"items must be {items.__name__}, not as in {value!r}")
    elif truth is not None and type(value) is truth:
        variable = True
    else:
        return Fault("wrong_type", f"must be {wanted.__name__}, not {type(value).__name__} {value!r}")
    if _accepted(value, accepted, None if variable else wanted or type(value), items):
        return None
    return Fault("wrong_value", f"{value!r} is none of {list(accepted)!r}")


def _accepted(value: Any, accepted: Sequence[Any], kind: type | None, items: type | None) -> bool:
    if kind is dict:
        return any(_dict_fits(value, option) for option in accepted)
    if kind is list and items is dict:
        return any(_dicts_fit(value, option) for option in accepted)
    if kind is list:
        return any(_list_fits(value, option) for option in accepted)
    if kind is str:
        return any(isinstance(option, str) and standard(value) == standard(option) for option in accepted)
    return value in accepted


def _dict_fits(value: Mapping[str, Any], option: Any) -> bool:
    if not isinstance(option, Mapping) or not isinstance(value, Mapping):
        return False
    choices = {key: found if isinstance(found, list) else [found] for key, found in option.items()}
    if any(key not in value and not optional(found) for key, found in choices.items()):
        return False
    return all(
        key in choices and _standard(found) in map(_standard, choices[key]) for key, found in value.items()
    )


def _dicts_fit(value: Sequence[Any], option: Any) -> bool:
    if option == "":
        return not value
    if not isinstance(option, list) or len(option) != len(value):
        return False
    return all(_dict_fits(given, wanted) for given, wanted in zip(value, option, strict=True))


def _list_fits(value: Sequence[Any], option: Any) -> bool:
    if option == "":
        return not value
    return isinstance(option, list) and list(map(_standard, value)) == list(map(_standard, option))


def _items_fit(value: Sequence[Any], option: Any, wanted: type) -> bool:
    if not isinstance(option, list):
        return True
    truth = _type_of_truth(option)
    return all(type(item) is wanted or (truth is not None and type(item) is truth) for item in value)


def _standard(value: Any) -> Any:
    return standard(value) if isinstance(value, str) else value


def _type(kind: Any) -> type | None:
    return _TYPES.get(kind) if isinstance(kind, str) else None


def _type_of_truth(accepted: Sequence[Any]) -> type | None:
    """The type of the first accepted value that isn't the mark of an optional one."""
    return next((type(option) for option in accepted if not (isinstance(option, str) and not option)), None)


def _as_float(value: int) -> float | int:
    try:
        return float(value)
    except OverflowError:
        return value
