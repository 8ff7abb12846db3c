"""Tools in fewer words, for a model whose context doesn't hold them all: the form that is enforced stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.chat.tools import Schema, parameters

_SAID = frozenset({"description", "title", "examples", "default"})
_VALUES = frozenset({"enum", "const"})
_NAMED = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
"""Keywords under which stand schemas by names of the user's own."""


def shorter(functions: Sequence[Schema]) -> Iterator[list[Schema]]:
    """The functions as they are, then with less and less said of them.

    First without what is said of parameters, then with the parameters' names alone, then without what is said
    of the functions.
    """
    yield list(functions)
    yield [{**function, "parameters": _bare(parameters(function))} for function in functions]
    named = [{**function, "parameters": list(parameters(function)["properties"])} for function in functions]
    yield named
    yield [{key: value for key, value in one.items() if key != "description"} for one in named]


def _bare(node: Any) -> Any:
    """A schema without annotations; what is called like one, and values, stay as they are."""
    if isinstance(node, list):
        return [_bare(part) for part in node]
    if not isinstance(node, Mapping):
        return node
    found = {}
    for key, value in node.items():
        if key in _VALUES:
            found[key] = value
        elif key in _NAMED and isinstance(value, Mapping):
            found[key] = {name: _bare(part) for name, part in value.items()}
        elif key not in _SAID:
            found[key] = _bare(value)
    return found
