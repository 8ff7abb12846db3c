"""Changes of a thread between two answers: keep what was said, take back, ask again, ask otherwise.

Contract: each function leaves a thread that the next question simply continues, and takes nothing out of its
history: what was taken back is another branch (`graphs.chatbot.branches`). `graph` has a checkpointer,
`config` names the thread, `context` is the turn's own; without one nothing is remembered of the turn. An
event loop runs these in a thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AnyMessage, BaseMessage, HumanMessage, RemoveMessage
from langchain_core.runnables import RunnableConfig
from langgraph.constants import START
from langgraph.graph.message import REMOVE_ALL_MESSAGES

from graphs.chatbot.answer import partial_answer
from graphs.chatbot.state import Context, Summary
from graphs.chatbot.steps import ANSWER, CONDENSE, RECALL, REMEMBER, Chatbot, last


def keep_partial(graph: Chatbot, config: RunnableConfig, text: str, context: Context | None = None) -> bool:
    """Ends an interrupted turn with the part of its answer that was seen.

    Does nothing if the turn has ended already (the step was faster), so it may always be called.

    Returns:
        Whether the thread was changed.
    """
    waiting = _waiting(graph, config)
    if not waiting:
        return False
    if waiting != {REMEMBER}:
        graph.update_state(config, {"messages": [partial_answer(text)]}, as_node=ANSWER)
    _finish(graph, config, context)
    return True


def settle(graph: Chatbot, config: RunnableConfig, context: Context | None = None) -> bool:
    """Ends a turn that a dead process left open; call it before the next question.

    LangGraph drops an unfinished task when new input comes, and with it an answer that was written but not
    yet made part of the thread. Such an answer is taken over; a turn without one ends with a silent answer.

    Returns:
        Whether the thread was changed.
    """
    waiting = _waiting(graph, config)
    if not waiting:
        return False
    if START in waiting:  # the question is written, but no message of the thread yet
        first = [name for name in (RECALL, CONDENSE) if name in graph.nodes]
        graph.invoke(None, config, context=_or_none(context), interrupt_before=first)
    tasks = graph.get_state(config).tasks
    if all(task.name == ANSWER and task.result is not None for task in tasks):
        _finish(graph, config, context)
        return True
    return keep_partial(graph, config, "", context)


def undo(graph: Chatbot, config: RunnableConfig) -> str | None:
    """Takes the last question and its answer back.

    Returns:
        The question's text, or None if there is none.
    """
    messages = _messages(graph, config)
    if (at := _question(messages)) is None:
        return None
    graph.update_state(config, _begun(graph, config, messages[:at]), as_node=last(graph))
    return messages[at].text


def rewind(graph: Chatbot, config: RunnableConfig, answer: str | None = None) -> bool:
    """Takes an answer and all that follows it back, so that running the graph with input None answers again.

    Args:
        graph: The chatbot.
        config: The thread.
        answer: The id of the answer, or of its question; None is the last one.

    Returns:
        Whether there is a question to answer.
    """
    messages = _messages(graph, config)
    if (at := _question(messages, answer)) is None:
        return False
    graph.update_state(config, _begun(graph, config, messages[: at + 1]), as_node=START)
    return True


def rephrase(graph: Chatbot, config: RunnableConfig, question: str, text: str) -> bool:
    """Puts another question in a question's place, so that running the graph with input None answers it.

    Args:
        graph: The chatbot.
        config: The thread.
        question: The id of the question.
        text: What is asked instead.

    Returns:
        Whether there is such a question.
    """
    messages = _messages(graph, config)
    if (at := _question(messages, question)) is None:
        return False
    new = [*messages[:at], HumanMessage(text)]
    graph.update_state(config, _begun(graph, config, new), as_node=START)
    return True


def _waiting(graph: Chatbot, config: RunnableConfig) -> set[str]:
    return {task.name for task in graph.get_state(config).tasks}


def _finish(graph: Chatbot, config: RunnableConfig, context: Context | None) -> None:
    if _waiting(graph, config):
        graph.invoke(None, config, context=_or_none(context), durability="sync")


def _or_none(context: Context | None) -> Context:
    return context if context is not None else Context(memory=False)


def _messages(graph: Chatbot, config: RunnableConfig) -> list[AnyMessage]:
    return list(graph.get_state(config).values.get("messages", []))


def _question(messages: Sequence[BaseMessage], near: str | None = None) -> int | None:
    """The place of the last question, up to and with the message of the id `near`."""
    places = range(len(messages))
    end = len(messages) if near is None else next((i + 1 for i in places if messages[i].id == near), 0)
    return next((i for i in reversed(range(end)) if isinstance(messages[i], HumanMessage)), None)


def _begun(graph: Chatbot, config: RunnableConfig, messages: Sequence[AnyMessage]) -> dict[str, Any]:
    """The state of a thread that has only these messages of it."""
    return {
        "messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES), *messages],
        "summary": _summary(graph, config, [message.id for message in messages]),
        "recalled": [],
        "learned": [],
    }


def _summary(graph: Chatbot, config: RunnableConfig, kept: Sequence[str | None]) -> Summary | None:
    """The newest summary of the thread's past that stands for none but these messages."""
    summary: Summary | None = graph.get_state(config).values.get("summary")
    if summary is None or summary["through"] in kept:
        return summary
    for past in graph.get_state_history(config):
        older: Summary | None = past.values.get("summary")
        if older is None or older["through"] in kept:
            return older
    return None
