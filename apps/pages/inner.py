"""What a model thought and called before its answer, as closed accordions of the chatbot component.

Contract: reads LangChain's standard content blocks, whoever the provider is. Nothing here knows Gradio.
"""

from __future__ import annotations

import json
from typing import Any

from langchain_core.messages import AIMessage, ToolMessage

LONGEST = 4000
"""Characters of a thought or a result that are shown."""


def steps(message: AIMessage | ToolMessage) -> list[dict[str, Any]]:
    """Returns an accordion for each thought and each call of a message, or for a tool's result."""
    if isinstance(message, ToolMessage):
        failed = message.status == "error"
        title = f"{message.name or 'The tool'} {'failed' if failed else 'gave'}"
        return [
            _step(title, _code(str(message.text)), f"{message.tool_call_id}-result", message.tool_call_id)
        ]
    found = []
    thought = "".join(
        str(block.get("reasoning", ""))
        for block in message.content_blocks
        if block.get("type") == "reasoning"
    ).strip()
    if thought:
        found.append(_step("Thought", _quote(thought), f"{message.id}-thought"))
    for call in message.tool_calls:
        arguments = json.dumps(call["args"], ensure_ascii=False, indent=2)
        found.append(_step(f"Called {call['name']}", _code(arguments, "json"), str(call["id"])))
    return found


def _step(title: str, content: str, name: str, parent: str | None = None) -> dict[str, Any]:
    about = {"title": title, "status": "done", "id": name}
    if parent is not None:
        about["parent_id"] = parent
    return {"role": "assistant", "content": content, "metadata": about}


def _code(text: str, language: str = "") -> str:
    text = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


def _quote(text: str) -> str:
    text = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return _code(text, "text") if "<" in text else text
