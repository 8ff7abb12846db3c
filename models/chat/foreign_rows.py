"""Conversations for templates that know less than ours: without tools, without a system message.

What a template can do is tried out once, by rendering. It's given tools only if it writes calls as they are
read here, `<tool_call>{"name":…,"arguments":…}</tool_call>` (Hermes, Qwen), so that what a model is told,
what it has said before and what it can say now look alike. Any other is told of the tools in words: in the
system message, or before the first user's where it takes none; earlier calls stand in the assistant's text
and results in the user's. A model that was never trained to call tools won't choose them well; that its
calls have the right form is the grammar's doing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Protocol

from homespun.errors import UsageError

Row = Mapping[str, Any]
MARKER, CLOSING = "<tool_call>", "</tool_call>"

_PROBE = "probe7f3a"
_CALL = re.compile(
    r'<tool_call>\s*\{\s*"name":\s*"probe7f3a",\s*"arguments":\s*\{\s*"a":\s*1\s*\}\s*\}\s*</tool_call>'
)
_WORDS = """\
You may call these tools, each given as JSON:
{tools}
To call one, write <tool_call>{{"name": "…", "arguments": {{…}}}}</tool_call> and nothing after it.
Its result comes in <tool_response>."""


class Renders(Protocol):
    """What is asked of a template."""

    def render(self, rows: Sequence[Row], tools: Sequence[Row] | None = None) -> str:
        """Write a conversation, or raise `UsageError`."""


class ForeignRows:
    """Writes our conversations with somebody's template, whatever it lacks.

    Attributes:
        tools: Whether the template takes tools itself.
        system: Whether it takes a system message.

    Args:
        template: The template.
    """

    def __init__(self, template: Renders) -> None:
        self._template = template
        self.tools = self._takes_tools()
        self.system = self._shows([{"role": "system", "content": _PROBE}, _user("Hello")])

    def write(self, rows: Sequence[Row], tools: Sequence[Row] | None = None) -> str:
        """Render a conversation.

        Args:
            rows: Messages as `models.chat.messages.to_template` gives them.
            tools: Functions on offer: name, description, parameters.

        Raises:
            UsageError: The template refuses it in every form.
        """
        functions = [{"type": "function", "function": dict(tool)} for tool in tools or ()]
        if self.tools:
            written = _numbered(rows)
        else:
            written = [_spoken(row) for row in rows]
            if functions:
                written = _told(written, _WORDS.format(tools="\n".join(map(_compact, tools or ()))))
        if not self.system:
            written = _without_system(written)
        offered = functions if self.tools else None
        try:
            return self._template.render(written, offered)
        except UsageError:
            # Many want user and assistant to take turns.
            joined = _joined(written)
            if len(joined) == len(written):
                raise
            return self._template.render(joined, offered)

    def _takes_tools(self) -> bool:
        tool = {"name": _PROBE, "description": "", "parameters": {"type": "object", "properties": {}}}
        call = {"name": _PROBE, "arguments": {"a": 1}}
        history = [_user("Hello"), {"role": "assistant", "content": "", "tool_calls": [call]}]
        rows = _numbered([*history, {"role": "tool", "content": "result9c"}])
        try:
            offered = self._template.render([_user("Hello")], [{"type": "function", "function": tool}])
            written = self._template.render(rows)
        except UsageError:
            return False
        return _PROBE in offered and "result9c" in written and _CALL.search(written) is not None

    def _shows(self, rows: Sequence[Row]) -> bool:
        try:
            return _PROBE in self._template.render(rows)
        except UsageError:
            return False


def _user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _numbered(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Calls in OpenAI's notation. Ids and names, which templates may demand, go by the order of results."""
    written: list[dict[str, Any]] = []
    made = 0
    open_: list[dict[str, str]] = []
    for row in rows:
        new = dict(row)
        if row.get("tool_calls"):
            new["tool_calls"], open_ = [], []
            for call in row["tool_calls"]:
                made += 1
                number = f"{made:09d}"  # as long as the strictest templates want it
                new["tool_calls"].append({"id": number, "type": "function", "function": dict(call)})
                open_.append({"tool_call_id": number, "name": call["name"]})
        elif row["role"] == "tool" and open_:
            new |= open_.pop(0)
        written.append(new)
    return written


def _spoken(row: Row) -> dict[str, Any]:
    """A message without what only tool-calling templates know."""
    if row["role"] == "tool":
        return _user(f"<tool_response>\n{row['content']}\n</tool_response>")
    calls = [f"{MARKER}\n{_compact(call)}\n{CLOSING}" for call in row.get("tool_calls", ())]
    content = "\n".join(part for part in (row["content"], *calls) if part)
    return {"role": row["role"], "content": content}


def _told(rows: Sequence[dict[str, Any]], words: str) -> list[dict[str, Any]]:
    """The words at the end of the first system message, which is made where there is none."""
    if rows and rows[0]["role"] == "system":
        first, rest = rows[0], rows[1:]
        return [{**first, "content": f"{first['content']}\n\n{words}"}, *rest]
    return [{"role": "system", "content": words}, *rows]


def _without_system(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """System messages at the beginning of the user's message that follows."""
    written: list[dict[str, Any]] = []
    held: list[str] = []
    for row in rows:
        if row["role"] == "system":
            held.append(row["content"])
        elif row["role"] == "user" and held:
            written.append(_user("\n\n".join([*held, row["content"]])))
            held = []
        else:
            written.append(row)
    return [*written, _user("\n\n".join(held))] if held else written


def _joined(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Neighbours of one role as one message."""
    joined: list[dict[str, Any]] = []
    for (role, plain), group in groupby(
        rows, key=lambda row: (row["role"], row.keys() <= {"role", "content"})
    ):
        found = list(group)
        if plain:
            found = [{"role": role, "content": "\n\n".join(row["content"] for row in found)}]
        joined += found
    return joined


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
