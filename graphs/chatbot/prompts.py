"""What the chatbot's model is shown before the thread's own messages."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import SystemMessage
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder

from models.chat.told import known_block

SUMMARY = "The earlier part of this conversation, in short:"

SUMMARISE = ChatPromptTemplate(
    [
        (
            "system",
            "Summarise the conversation for somebody who must go on with it. Keep names, numbers, decisions "
            "and open questions, and who said what. Write at most {words} words, nothing but the summary.",
        ),
        ("human", "{before}{conversation}"),
    ]
)
"""Asks a model for a summary; `before` holds the summary so far, if there is one."""


def chat_prompt() -> ChatPromptTemplate:
    """Returns a template of two variables: ``system``, a list of at most one message, and ``messages``."""
    return ChatPromptTemplate([MessagesPlaceholder("system"), MessagesPlaceholder("messages")])


def system(prompt: str | None, known: Sequence[str], summary: str) -> list[SystemMessage]:
    """Returns the system message, or none where there's nothing to say.

    Args:
        prompt: How the model is to behave.
        known: What is known of the user, in their words, the oldest first.
        summary: What was said in the part of the thread that isn't shown.
    """
    parts = [prompt or "", known_block(known) if known else "", f"{SUMMARY}\n{summary}" if summary else ""]
    text = "\n\n".join(part for part in parts if part)
    return [SystemMessage(text)] if text else []
