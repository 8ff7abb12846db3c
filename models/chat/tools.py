"""Tools and response formats: from LangChain's many notations to one, and from there to a grammar.

The grammar makes the form of a call or of a document certain; which tool, and which values, is the model's
affair. One call is made where calls are asked for, several only with `parallel_tool_calls=True`: a small
model that may repeat itself does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from homespun.errors import UsageError
from models.chat.call_form import call_head
from models.inference.grammar import Grammar, embedded
from models.inference.schema import bounded

Tool = dict[str, Any] | type | Callable[..., Any] | BaseTool
Schema = dict[str, Any]

# Formats that llguidance can enforce; JSON Schema lets all others be annotations.
_FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri"}
_MOST_CALLS = 8
# Long enough for every format above, short enough for a small context.
_SHORTEST, _LONGEST = 40, 400
# A character of a string may cost up to four tokens (its bytes) where no merge covers it.
_TOKENS_PER_CHARACTER = 4
# One or more characters: an answer is never empty.
_TEXT = r"TEXT: /(.|\n)+/"
_ANY_VALUE: Schema = {"type": ["string", "integer", "boolean", "null"]}
ANY_OBJECT: Schema = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {
        "anyOf": [
            _ANY_VALUE,
            {"type": "array", "items": _ANY_VALUE, "maxItems": 6},
            {"type": "object", "additionalProperties": _ANY_VALUE, "maxProperties": 6},
        ]
    },
    "maxProperties": 8,
}


@dataclass(frozen=True)
class Plan:
    """What one answer may be.

    Attributes:
        tools: OpenAI-style tools `{"type": "function", "function": {…}}` on offer.
        choice: `"none"`, `"auto"`, `"any"`, or a tool's name.
        parallel: Whether several calls may be made.
        document: Schema of the JSON document that the text must be, or `None` for free text.
    """

    tools: tuple[Schema, ...] = ()
    choice: str = "none"
    parallel: bool = False
    document: Schema | None = None

    @property
    def functions(self) -> list[Schema]:
        """Name, description and parameters of every tool, as the model is shown them."""
        return [tool["function"] for tool in self.tools]

    @property
    def callable(self) -> list[Schema]:
        """The functions that may be called in this answer."""
        if self.choice == "none":
            return []
        return [f for f in self.functions if self.choice in {"auto", "any", f["name"]}]

    @property
    def forced(self) -> bool:
        """Whether a tool has to be called."""
        return self.choice not in {"none", "auto"}

    @property
    def free(self) -> bool:
        """Whether the answer is plain text."""
        return not self.callable and self.document is None


def plan(
    tools: Sequence[Tool] | None,
    tool_choice: str | bool | Mapping[str, Any] | None,
    response_format: Any,
    parallel: bool | None,
) -> Plan:
    """Read the arguments of a call.

    Raises:
        UsageError: A tool has no usable schema, two share a name, a choice names no tool, or a response
            format is unknown.
    """
    converted: dict[str, Schema] = {}
    for tool in map(to_tool, tools or ()):
        name = tool["function"]["name"]
        if _shape(parameters(converted.setdefault(name, tool)["function"])) != _shape(
            parameters(tool["function"])
        ):
            raise UsageError(f"two different tools are named {name!r}: rename one")
    names = list(converted)
    return Plan(
        tuple(converted.values()), to_choice(tool_choice, names), bool(parallel), to_document(response_format)
    )


def to_tool(tool: Tool) -> Schema:
    """One tool in OpenAI's notation; `UsageError` if it cannot be read."""
    try:
        return convert_to_openai_tool(tool)
    except (ValueError, TypeError) as error:
        raise UsageError(f"a tool cannot be read: {error}") from error


def to_choice(choice: str | bool | Mapping[str, Any] | None, names: Sequence[str]) -> str:
    """Normalise a `tool_choice` of any provider's notation."""
    if isinstance(choice, Mapping):
        choice = choice.get("function", choice).get("name") or choice.get("type")
    if not names:
        if choice in {None, False, "none", "auto"}:
            return "none"
        raise UsageError(f"tool_choice is {choice!r}, but there are no tools")
    if choice is None or choice == "auto":
        return "auto"
    if choice is False or choice == "none":
        return "none"
    if choice is True or choice in {"any", "required"}:
        return "any"
    if choice in names:
        return str(choice)
    raise UsageError(f"tool_choice {choice!r} names no tool; there are: {', '.join(names)}")


def to_document(response_format: Any) -> Schema | None:
    """The schema that a `response_format` asks for: a class, a JSON Schema, or OpenAI's dictionary."""
    if response_format is None:
        return None
    if isinstance(response_format, Mapping):
        kind = response_format.get("type")
        if kind == "text":
            return None
        if kind == "json_object":
            return dict(ANY_OBJECT)
        if kind == "json_schema":
            inner = response_format.get("json_schema")
            schema = inner.get("schema", inner) if isinstance(inner, Mapping) else None
            if not isinstance(schema, Mapping):
                raise UsageError('response_format "json_schema" needs {"json_schema": {"schema": {…}}}')
            return dict(schema)
        if not {"properties", "anyOf", "oneOf", "$ref", "enum"} & response_format.keys() and kind != "object":
            raise UsageError(f"response_format {kind!r} is unknown: use json_schema, json_object or a schema")
        return dict(response_format)
    parameters: Schema = to_tool(response_format)["function"]["parameters"]
    return parameters


def build_grammar(
    plan: Plan,
    budget: int,
    opening: str = "<|call|>",
    closing: str = "",
    text_tokens: Sequence[int] = (),
    *,
    calls: int = 0,
    longest: int = 0,
) -> Grammar:
    """The grammar of one answer.

    Args:
        plan: What it may be.
        budget: Tokens that it may take; free strings are bounded so that they fit.
        opening: What begins a call, in Lark's notation: a special token's name or a quoted text.
        closing: What ends it.
        text_tokens: Tokens that may stand in free text though they look special.
        calls: How many calls share the budget; 0 is as many as there may be.
        longest: Characters that a string may have if a call has as many tokens: somebody knows what will
            be written.

    Raises:
        UsageError: A schema uses what cannot be enforced; the message names tool and keyword.
    """
    text = _TEXT
    if text_tokens:
        text = f"text: (TEXT | <[{_ranges(text_tokens)}]>)+\n{_TEXT}"
    named = "text" if text_tokens else "TEXT"
    if plan.free:
        return Grammar.from_lark(f"start: {named}\n{text}")
    rules, starts = [], []
    if plan.document is not None:
        rules.append("document: " + _json(plan.document, budget, longest, "response_format"))
        starts.append("document")
    elif plan.choice == "auto":
        starts.append(named)
        rules.append(text)
    functions = plan.callable
    most = _MOST_CALLS if plan.parallel else 1
    if functions:
        many = f"{{1,{most}}}"
        before = f"{named}? " if named in starts else ""
        starts.append(before + "call" + many)
        bodies = " | ".join(f"call_{number}" for number in range(len(functions)))
        rules.append(f"call: {opening} ({bodies}) {closing}")
    for number, function in enumerate(functions):
        head = json.dumps(call_head(function["name"]))
        share = budget // (calls or most)
        rules.append(f'call_{number}: {head} arguments_{number} "}}"')
        rules.append(f"arguments_{number}: {_json(parameters(function), share, longest, function['name'])}")
    return Grammar.from_lark("start: " + " | ".join(starts) + "\n" + "\n".join(rules) + "\n")


def _ranges(numbers: Sequence[int]) -> str:
    """Numbers as Lark's ranges of tokens: a checkpoint may reserve thousands in a row."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(f"{first}-{last}" for first, last in runs)


def parameters(function: Schema) -> Schema:
    """The JSON Schema of a function's arguments; no schema means no arguments."""
    found = function.get("parameters") or {}
    whole = {"type": "object", "properties": {}, **found}
    if (
        not whole["properties"]
        and not {"patternProperties", "$ref", "anyOf", "oneOf", "allOf"} & whole.keys()
    ):
        whole.setdefault("additionalProperties", False)
    return whole


def _json(schema: Schema, budget: int, longest: int, owner: str) -> str:
    known = _known_formats(schema)
    share = budget // (_TOKENS_PER_CHARACTER * _count_strings(known))
    length = max(_SHORTEST, min(_LONGEST, share), min(longest, budget))
    limited = bounded(known, max_string=length)
    try:
        Grammar.from_json_schema(limited)
    except UsageError as error:
        raise UsageError(f"{owner}: {error}") from error
    return embedded(limited)


def _shape(node: Any) -> Any:
    """A schema without its annotations."""
    if isinstance(node, list):
        return [_shape(part) for part in node]
    if not isinstance(node, dict):
        return node
    return {key: _shape(value) for key, value in node.items() if key not in {"title", "description"}}


def _known_formats(node: Any) -> Any:
    if isinstance(node, list):
        return [_known_formats(part) for part in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _known_formats(value)
        for key, value in node.items()
        if key != "format" or isinstance(value, dict) or value in _FORMATS
    }


def _count_strings(node: Any) -> int:
    """Places for free text in a schema, at least 1."""

    def count(part: Any) -> int:
        if isinstance(part, list):
            return sum(map(count, part))
        if not isinstance(part, dict):
            return 0
        own = int(part.get("type") == "string" and not {"enum", "const"} & part.keys())
        return own + sum(count(value) for value in part.values())

    return max(1, count(node))


def faulty(function: Schema, arguments: Mapping[str, Any]) -> set[str]:
    """Names of the arguments that do not satisfy a function's schema, or are lacking."""
    found: set[str] = set()
    for error in _validator(parameters(function)).iter_errors(arguments):
        if error.absolute_path:
            found.add(str(error.absolute_path[0]))
        elif error.validator == "required":
            found.update(name for name in error.validator_value if name not in arguments)
    return found


def problem(function: Schema, arguments: Any) -> str | None:
    """Why arguments do not satisfy a function's schema, or `None` where they do."""
    import jsonschema

    error = jsonschema.exceptions.best_match(_validator(parameters(function)).iter_errors(arguments))
    return None if error is None else f"{error.json_path}: {error.message}"


def satisfies(function: Schema, name: str, value: Any) -> bool:
    """Whether a value may stand for the function's parameter of this name."""
    return bool(_validator({**parameters(function), "required": []}).is_valid({name: value}))


def _validator(schema: Schema) -> Any:
    """With the formats that the grammar enforces, as far as they can be checked."""
    import jsonschema

    kind = jsonschema.Draft202012Validator
    return kind(schema, format_checker=kind.FORMAT_CHECKER)
