"""Which part of a thread the model is shown, and what stands for the rest.

Contract: pure functions of the thread's state. The newest turn is always shown, and nothing is taken out of
the thread: a summary says through which message it reaches.
"""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage

from graphs.chatbot.state import ChatState, Summary


def shown(state: ChatState) -> list[AnyMessage]:
    """Returns the messages for the model: those that no summary stands for.

    An answer that was stopped before its first word would teach it only that it may be silent.
    """
    messages = newer(state["messages"], state.get("summary"))
    return [message for message in messages if not (isinstance(message, AIMessage) and _silent(message))]


def newer(messages: Sequence[AnyMessage], summary: Summary | None) -> list[AnyMessage]:
    """Returns the messages behind those that a summary stands for."""
    return list(messages[_covered(messages, summary) :])


def older(messages: Sequence[AnyMessage], summary: Summary | None) -> list[AnyMessage]:
    """Returns the messages that a summary stands for: what the model isn't shown."""
    return list(messages[: _covered(messages, summary)])


def turn(messages: Sequence[BaseMessage]) -> tuple[str, str]:
    """Returns what the user said last, and what the assistant had said before it; "" where nobody did."""
    at = next((i for i in reversed(range(len(messages))) if isinstance(messages[i], HumanMessage)), None)
    if at is None:
        return "", ""
    before = messages[at - 1] if at else None
    return messages[at].text, before.text if isinstance(before, AIMessage) else ""


def _covered(messages: Sequence[AnyMessage], summary: Summary | None) -> int:
    if summary is None:
        return 0
    return next((i + 1 for i, message in enumerate(messages) if message.id == summary["through"]), 0)


def _silent(message: AIMessage) -> bool:
    return not message.text.strip() and not message.tool_calls
