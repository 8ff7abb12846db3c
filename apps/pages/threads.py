"""A thread as the page shows it: messages to dictionaries, and places in the chat to places in the thread.

Contract: the thread is the truth and the page shows it. Nothing here knows Gradio.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import RunnableConfig

from apps.citations import sources
from apps.pages.foot import footed, named
from apps.signature import answered_by, is_signed, signed
from graphs.chatbot import undo
from graphs.chatbot.turns import NODE

MARK = "\u2060"
"""A word joiner: invisible, and behind "<" it keeps what people type from being taken for HTML."""

_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]+`)", re.DOTALL)
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def config(thread: str) -> RunnableConfig:
    """Returns the configuration that runs a graph on `thread`."""
    return {"configurable": {"thread_id": thread}}


def read(graph: Any, thread: str) -> list[BaseMessage]:
    """Returns the thread's messages, oldest first; none for a thread that isn't there yet."""
    return list(graph.get_state(config(thread)).values.get("messages", []))


def display(messages: Sequence[BaseMessage]) -> list[dict[str, str]]:
    """Returns what people and the model said, as message dictionaries of the chatbot component.

    An answer's sources stand under it. Where several models have answered, so does each one's name with the
    first of its answers.
    """
    shown = _shown(messages)
    answers = [message for message in shown if isinstance(message, AIMessage)]
    several = len({name for message in answers if (name := answered_by(message))}) > 1
    found, last = [], ""
    for message in shown:
        if not isinstance(message, AIMessage):
            found.append(said("user", str(message.text)))
            continue
        small, name = list(map(named, sources(message))), answered_by(message)
        if several and name and name != last:
            small.append(f"Answered by {escape(name)}")
        last = name or last
        found.append({"role": "assistant", "content": footed(literal(str(message.text)), small)})
    return found


def last_model(messages: Sequence[BaseMessage]) -> str:
    """Returns the name of the model that answered last, "" where none did or nobody noted it."""
    names = (answered_by(message) for message in reversed(messages) if isinstance(message, AIMessage))
    return next((name for name in names if name), "")


def sign(graph: Any, thread: str, model: str) -> None:
    """Notes on the last answer which model gave it, by the address that it was asked at.

    What models say of themselves isn't enough: a provider's has another name there, and one that was stopped
    has none, since names come at an answer's end.
    """
    messages = read(graph, thread)
    if messages and isinstance(last := messages[-1], AIMessage) and not is_signed(last):
        graph.update_state(config(thread), {"messages": [signed(last, model)]}, as_node=NODE)


def said(role: str, text: str) -> dict[str, str]:
    """Returns one message dictionary."""
    return {"role": role, "content": literal(text)}


def literal(text: str) -> str:
    """Returns Markdown that shows `text` with its tags as text; code stays as it is."""
    parts = _CODE.split(text)
    return "".join(part if index % 2 else _TAG.sub(f"<{MARK}", part) for index, part in enumerate(parts))


def typed(text: str) -> str:
    """Returns what a person meant by an edited message: the opposite of `literal`."""
    return text.replace(f"<{MARK}", "<")


def cut(graph: Any, thread: str, index: int) -> str | None:
    """Takes back the question at a place in the chat and all that follows it.

    Args:
        graph: the chatbot graph.
        thread: the thread's name.
        index: the question's place in `display`; for an answer's place, the question before it is meant.

    Returns:
        The question's text, or None if there is none there (nothing is changed).
    """
    asked = [isinstance(message, HumanMessage) for message in _shown(read(graph, thread))]
    while 0 < index < len(asked) and not asked[index]:
        index -= 1
    if not 0 <= index < len(asked) or not asked[index]:
        return None
    question = None
    for _ in range(sum(asked[index:])):
        question = undo(graph, config(thread))
    return question


def _shown(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    return [
        m for m in messages if isinstance(m, HumanMessage) or (isinstance(m, AIMessage) and m.text.strip())
    ]
