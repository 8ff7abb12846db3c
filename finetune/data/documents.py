"""What every source yields: plain text, or a conversation for the chat template.

A conversation is a list of message dictionaries as `models.tokenizers.chat_template` takes them:
`{"role": "system" | "user" | "assistant" | "tool", "content": str}`.
"""

from __future__ import annotations

from typing import Any

Message = dict[str, Any]
Document = str | list[Message]


def characters(document: Document) -> int:
    """How much text a document holds, in characters; markup of the chat template is not counted."""
    if isinstance(document, str):
        return len(document)
    return sum(len(message["content"]) for message in document)
