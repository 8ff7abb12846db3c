"""Changes of a thread between two answers: keep what was said, take back, ask again.

Contract: each function leaves a thread that the next question simply continues. `graph` has a checkpointer;
`config` names the thread. The async twins are for graphs over an async checkpointer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AnyMessage, HumanMessage, RemoveMessage
from langchain_core.runnables import RunnableConfig
from langgraph.constants import START
from langgraph.graph.state import CompiledStateGraph

from graphs.chatbot.nodes import partial_answer
from graphs.chatbot.state import Context

Chatbot = CompiledStateGraph[Any, Context, Any, Any]

NODE = "answer"


def keep_partial(graph: Chatbot, config: RunnableConfig, text: str) -> bool:
    """Ends an interrupted turn with the part of its answer that was seen.

    Does nothing if the turn has ended already (the node was faster), so it may always be called.

    Returns:
        Whether the thread was changed.
    """
    if not graph.get_state(config).tasks:
        return False
    graph.update_state(config, {"messages": [partial_answer(text)]}, as_node=NODE)
    return True


async def akeep_partial(graph: Chatbot, config: RunnableConfig, text: str) -> bool:
    """Does what `keep_partial` does."""
    if not (await graph.aget_state(config)).tasks:
        return False
    await graph.aupdate_state(config, {"messages": [partial_answer(text)]}, as_node=NODE)
    return True


def settle(graph: Chatbot, config: RunnableConfig) -> bool:
    """Ends a turn that a dead process left open; call it before the next question.

    LangGraph drops an unfinished task when new input comes, and with it an answer that was written but not
    yet made part of the thread. Such an answer is taken over; a turn without one ends with a silent answer.

    Returns:
        Whether the thread was changed.
    """
    tasks = graph.get_state(config).tasks
    if not tasks:
        return False
    if any(task.name == START for task in tasks):  # the question is written, but no message of the thread yet
        graph.invoke(None, config, interrupt_before=[NODE])
    elif all(task.result is not None for task in tasks):
        graph.invoke(None, config)
        return True
    return keep_partial(graph, config, "")


async def asettle(graph: Chatbot, config: RunnableConfig) -> bool:
    """Does what `settle` does."""
    tasks = (await graph.aget_state(config)).tasks
    if not tasks:
        return False
    if any(task.name == START for task in tasks):
        await graph.ainvoke(None, config, interrupt_before=[NODE])
    elif all(task.result is not None for task in tasks):
        await graph.ainvoke(None, config)
        return True
    return await akeep_partial(graph, config, "")


def undo(graph: Chatbot, config: RunnableConfig) -> str | None:
    """Takes the last question and its answer back.

    Returns:
        The question's text, or None if there is none.
    """
    messages = _messages(graph.get_state(config).values)
    if (at := _last_question(messages)) is None:
        return None
    graph.update_state(config, {"messages": _removed(messages[at:])}, as_node=NODE)
    return messages[at].text


async def aundo(graph: Chatbot, config: RunnableConfig) -> str | None:
    """Does what `undo` does."""
    messages = _messages((await graph.aget_state(config)).values)
    if (at := _last_question(messages)) is None:
        return None
    await graph.aupdate_state(config, {"messages": _removed(messages[at:])}, as_node=NODE)
    return messages[at].text


def rewind(graph: Chatbot, config: RunnableConfig) -> bool:
    """Takes the last answer back, so that running the graph with input None answers again.

    Returns:
        Whether there is a question to answer.
    """
    messages = _messages(graph.get_state(config).values)
    if (at := _last_question(messages)) is None:
        return False
    graph.update_state(config, {"messages": _removed(messages[at + 1 :])}, as_node=START)
    return True


async def arewind(graph: Chatbot, config: RunnableConfig) -> bool:
    """Does what `rewind` does."""
    messages = _messages((await graph.aget_state(config)).values)
    if (at := _last_question(messages)) is None:
        return False
    await graph.aupdate_state(config, {"messages": _removed(messages[at + 1 :])}, as_node=START)
    return True


def _messages(values: dict[str, Any]) -> list[AnyMessage]:
    return list(values.get("messages", []))


def _last_question(messages: Sequence[AnyMessage]) -> int | None:
    return next((i for i in reversed(range(len(messages))) if isinstance(messages[i], HumanMessage)), None)


def _removed(messages: Sequence[AnyMessage]) -> list[RemoveMessage]:
    return [RemoveMessage(id=message.id) for message in messages if message.id is not None]
