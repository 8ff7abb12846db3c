"""Trivial systems for tools: one that never calls, one that always calls the first tool on offer.

Contract: the second reads the newest message: numbers, quotations, names and enumerated words in it fill the
required parameters in order; it knows nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NAME = re.compile(r"[\"“'‘]([^\"”'’]+)[\"”'’]|((?:[A-Z][\w-]*)(?: [A-Z][\w-]*)*)")


def never_calls(messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]]) -> AIMessage:
    """Answers with a word and calls nothing."""
    del messages, tools
    return AIMessage("No.")


def first_tool(messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]]) -> AIMessage:
    """Calls the first tool, with values guessed from the text."""
    if not tools:
        return never_calls(messages, tools)
    function = tools[0]["function"]
    arguments = guess(str(messages[-1].text), function.get("parameters") or {})
    return AIMessage("", tool_calls=[{"name": function["name"], "args": arguments, "id": "1"}])


def guess(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Fills the required parameters of a schema from a text."""
    numbers = iter(_NUMBER.findall(text))
    # The first word of a sentence is in capitals whatever it is.
    names = iter([quoted or name for quoted, name in _NAME.findall(text[:1].lower() + text[1:])])
    properties = schema.get("properties") or {}
    return {
        name: _value(text, properties[name], numbers, names)
        for name in schema.get("required") or ()
        if name in properties
    }


def _value(text: str, schema: Mapping[str, Any], numbers: Iterator[str], names: Iterator[str]) -> Any:
    if schema.get("enum"):
        return next((v for v in schema["enum"] if str(v).lower() in text.lower()), schema["enum"][0])
    kind = schema.get("type")
    if kind == "boolean":
        return True
    if kind == "integer":
        return int(float(next(numbers, "1")))
    if kind == "number":
        return float(next(numbers, "1"))
    if kind == "array":
        items = schema.get("items") or {}
        if items.get("type") in ("integer", "number"):
            return [float(n) if items["type"] == "number" else int(float(n)) for n in numbers]
        return list(names)
    if kind == "object":
        return guess(text, schema)
    return next(names, None) or text.rstrip("?.! ").split(" ")[-1]
