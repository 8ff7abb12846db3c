"""How `--set key=value` changes the settings of a stage: text is read by the type of the field it's for."""

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from homespun.errors import UsageError
from homespun.names import unknown

T = TypeVar("T")

_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def split_overrides(pairs: list[str]) -> dict[str, str]:
    """`["key=value", …]` as a mapping.

    Raises:
        UsageError: A pair has no "=".
    """
    result = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"--set takes key=value, not {pair!r}")
        result[key.strip().replace("-", "_")] = value.strip()
    return result


def changed(config: T, overrides: Mapping[str, Any]) -> T:
    """A dataclass with changes. `field.name` reaches into a field that is a mapping.

    Args:
        config: The settings, an instance of a dataclass.
        overrides: Strings are read by the field's type; anything else is taken as it is.

    Raises:
        UsageError: Unknown key (the nearest ones are named) or a value of the wrong type.
    """
    hints = typing.get_type_hints(type(config))
    changes: dict[str, Any] = {}
    for key, value in overrides.items():
        inside, dot, name = key.partition(".")
        if dot and typing.get_origin(hints.get(inside)) is dict:
            values = changes.setdefault(inside, dict(getattr(config, inside)))
            values[name] = _loose(value) if isinstance(value, str) else value
        elif key not in hints:
            raise UsageError(unknown("training setting", key, hints))
        else:
            changes[key] = _read(key, value, hints[key]) if isinstance(value, str) else value
    return dataclasses.replace(config, **changes)  # type: ignore[type-var]


def _loose(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {"true": True, "false": False, "none": None}.get(text.lower(), text)


def _read(key: str, text: str, hint: Any) -> Any:
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if type(None) in kinds and text.lower() in ("none", "null", ""):
        return None
    if typing.get_origin(hint) is tuple:
        each = typing.get_args(hint)[0]
        return tuple(_read(key, part.strip(), each) for part in text.split(",") if part.strip())
    try:
        if int in kinds:
            number = float(text.replace("_", ""))
            if number != int(number):
                raise ValueError
            return int(number)
        if float in kinds:
            return float(text)
        if bool in kinds:
            return _FLAGS[text.lower()]
    except (ValueError, KeyError, OverflowError):
        kind = "a whole number" if int in kinds else "a number" if float in kinds else "true or false"
        raise UsageError(f"{key} takes {kind}, not {text!r}") from None
    if str in kinds:
        return text
    value = _loose(text)
    if not isinstance(value, dict):
        raise UsageError(f"{key} takes a JSON object, not {text!r}; single values go as {key}.name=value")
    return value
