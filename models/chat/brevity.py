"""Tools in fewer words, for a model whose context doesn't hold them all: the form that is enforced stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.chat.tools import Schema, parameters

_SAID = frozenset({"description", "title", "examples", "default"})


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
    """A schema without annotations; a property may be called like one."""
    if isinstance(node, list):
        return [_bare(part) for part in node]
    if not isinstance(node, Mapping):
        return node
    return {
        key: {name: _bare(part) for name, part in value.items()} if key == "properties" else _bare(value)
        for key, value in node.items()
        if key not in _SAID
    }
