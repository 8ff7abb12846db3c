"""A thread as the page shows it: messages to dictionaries, and places in the chat to places in the thread.

Contract: the thread is the truth and the page shows it. Nothing here knows Gradio.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig

from apps.citations import sources
from apps.pages.foot import branch_links, footed, named
from apps.pages.inner import steps
from apps.signature import answered_by, is_signed, signed
from graphs.chatbot.branches import Choice
from graphs.chatbot.learned import forgotten, learned
from graphs.chatbot.steps import last as last_step

MARK = "\u2060"
"""A word joiner: invisible, and behind "<" it keeps what people type from being taken for HTML."""

_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]+`)", re.DOTALL)
_NONE: Mapping[str, Choice] = MappingProxyType({})
_FOOT = re.compile(r'\n\n<div class="foot">.*</div>\s*\Z', re.DOTALL)
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def config(thread: str) -> RunnableConfig:
    """Returns the configuration that runs a graph on `thread`."""
    return {"configurable": {"thread_id": thread}}


def read(graph: Any, thread: str) -> list[BaseMessage]:
    """Returns the thread's messages, oldest first; none for a thread that isn't there yet."""
    return list(graph.get_state(config(thread)).values.get("messages", []))


@dataclass(frozen=True)
class Entry:
    """One entry of the chatbot component.

    Attributes:
        message: the id of the thread's message that it shows, or is a part of.
        shown: the message dictionary.
        answer: whether it's an answer's text, which can be liked.
    """

    message: str
    shown: dict[str, Any]
    answer: bool = False

    @property
    def bot(self) -> bool:
        """Whether it stands on the assistant's side."""
        return bool(self.shown["role"] == "assistant")


def asks(graph: Any, thread: str) -> bool:
    """Returns whether a thread ends with what the user said."""
    messages = read(graph, thread)
    return bool(messages) and isinstance(messages[-1], HumanMessage)


def display(messages: Sequence[BaseMessage], choices: Mapping[str, Choice] = _NONE) -> list[dict[str, Any]]:
    """Returns what people and the model said, as message dictionaries of the chatbot component."""
    return [entry.shown for entry in entries(messages, choices)]


def entries(messages: Sequence[BaseMessage], choices: Mapping[str, Choice] = _NONE) -> list[Entry]:
    """Returns what people and the model said, and what the model thought and called before it.

    An answer's sources stand under it, and so does what was remembered of the question. Where several models
    have answered, so does each one's name with the first of its answers. Under what was said otherwise in
    another branch stands the way there.

    Args:
        messages: the thread's.
        choices: where the thread has branches; see `graphs.chatbot.branches`.
    """
    answers = [message for message in _shown(messages) if isinstance(message, AIMessage)]
    several = len({name for message in answers if (name := answered_by(message))}) > 1
    found, last = [], ""
    for message in messages:
        if isinstance(message, ToolMessage | AIMessage):
            found += [Entry(str(message.id), part) for part in steps(message)]
        if not _is_shown(message):
            continue
        small = []
        choice = choices.get(str(message.id))
        if isinstance(message, AIMessage):
            small += [
                *map(named, sources(message)),
                *(f"Remembered: {escape(one)}" for one in learned(message)),
            ]
            small += [f"Forgotten: {escape(one)}" for one in forgotten(message)]
            name = answered_by(message)
            if several and name and name != last:
                small.append(f"Answered by {escape(name)}")
            last = name or last
        if choice is not None:
            small.append(branch_links(choice))
        role = "assistant" if isinstance(message, AIMessage) else "user"
        text = footed(literal(str(message.text)), small)
        found.append(Entry(str(message.id), {"role": role, "content": text}, isinstance(message, AIMessage)))
    return found


def used(messages: Sequence[BaseMessage]) -> str:
    """Returns a line of HTML on the tokens of a thread's answers; "" where no model counted them."""
    counted = [m.usage_metadata for m in messages if isinstance(m, AIMessage) and m.usage_metadata]
    if not counted:
        return ""
    read = sum(one["input_tokens"] for one in counted)
    written = sum(one["output_tokens"] for one in counted)
    newest = counted[-1]
    return (
        f"<p>Last answer: {newest['input_tokens']:,} tokens read, {newest['output_tokens']:,} written. "
        f"This chat: {read:,} and {written:,}.</p>"
    )


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
        graph.update_state(config(thread), {"messages": [signed(last, model)]}, as_node=last_step(graph))


def said(role: str, text: str) -> dict[str, str]:
    """Returns one message dictionary."""
    return {"role": role, "content": literal(text)}


def literal(text: str) -> str:
    """Returns Markdown that shows `text` with its tags as text; code stays as it is."""
    parts = _CODE.split(text)
    return "".join(part if index % 2 else _TAG.sub(f"<{MARK}", part) for index, part in enumerate(parts))


def typed(text: str) -> str:
    """Returns what a person meant by an edited message: the opposite of `literal`, without a foot."""
    return _FOOT.sub("", text).replace(f"<{MARK}", "<")


def place(found: Sequence[Entry], index: int, *, answer: bool) -> Entry | None:
    """Returns the entry at a place in the chat, or the nearest before it that is of the wanted kind."""
    for entry in reversed(found[: index + 1]):
        if entry.answer == answer and (answer or entry.shown["role"] == "user"):
            return entry
    return None


def _shown(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    return [message for message in messages if _is_shown(message)]


def _is_shown(message: BaseMessage) -> bool:
    return isinstance(message, HumanMessage) or (
        isinstance(message, AIMessage) and bool(message.text.strip())
    )
