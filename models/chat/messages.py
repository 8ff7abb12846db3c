"""LangChain messages to the plain dictionaries that the chat template renders.

Text only: a block that is not text is refused with the place where it stands. Reasoning blocks and the
content blocks that only repeat a message's tool calls are left out. Names of speakers are not shown to the
model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from homespun.errors import UsageError

# What an AI message's content may hold besides text; its tool calls are read from `tool_calls`.
_SILENT = frozenset({"tool_use", "tool_call", "tool_call_chunk", "invalid_tool_call", "function_call"})
_THOUGHT = frozenset({"reasoning", "thinking", "redacted_thinking", "non_standard"})
_ROLES = {"user": "user", "human": "user", "assistant": "assistant", "ai": "assistant", "system": "system"}


def to_template(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """Convert a history.

    Returns:
        Dictionaries `{"role", "content", "tool_calls"?}` as `models.tokenizers.chat_template.render` takes
        them.

    Raises:
        UsageError: There is no message, a user's message is blank, or something is not text.
    """
    if not messages:
        raise UsageError("there is no message to answer: give at least one")
    return [_convert(message, place) for place, message in enumerate(messages, 1)]


def last_user_text(messages: Sequence[BaseMessage]) -> str:
    """The text of the newest human message, or an empty string."""
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            return str(message.text)
    return ""


def _convert(message: BaseMessage, place: int) -> dict[str, Any]:
    text = _text(message.content, place)
    if isinstance(message, HumanMessage):
        if not text.strip():
            raise UsageError(f"message {place} is blank: write something to be answered")
        return {"role": "user", "content": text}
    if isinstance(message, SystemMessage):
        return {"role": "system", "content": text}
    if isinstance(message, AIMessage):
        calls = [{"name": call["name"], "arguments": call["args"]} for call in message.tool_calls]
        row: dict[str, Any] = {"role": "assistant", "content": text}
        return {**row, "tool_calls": calls} if calls else row
    if isinstance(message, (ToolMessage, FunctionMessage)):
        return {"role": "tool", "content": text}
    if isinstance(message, ChatMessage) and message.role in _ROLES:
        return {"role": _ROLES[message.role], "content": text}
    role = message.role if isinstance(message, ChatMessage) else message.type
    raise UsageError(f"message {place} has the role {role!r}: use system, human, ai or tool")


def _text(content: str | Sequence[Any], place: int) -> str:
    if isinstance(content, str):
        return content
    return "".join(block_text(block, place) for block in content)


def block_text(block: Any, place: int) -> str:
    """The text of one content block; `UsageError` where it's of a kind that is not read."""
    if isinstance(block, str):
        return block
    kind = block.get("type", "text" if "text" in block else None) if isinstance(block, dict) else None
    if kind in {"text", "text-plain", "input_text", "output_text"}:
        return str(block.get("text", ""))
    if kind in _SILENT or kind in _THOUGHT:
        return ""
    raise UsageError(
        f"message {place} holds {_a(str(kind or 'block without a type'))}: this model reads text only"
    )


def _a(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"
