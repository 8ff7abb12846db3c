"""The chatbot as a graph: START → answer → END."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import get_runtime

from graphs.chatbot.nodes import Update, aanswer, answer
from graphs.chatbot.prompts import chat_prompt
from graphs.chatbot.state import ChatState, Context
from graphs.chatbot.turns import NODE

# One node runs once a turn; LangGraph's own limit is 10,007 steps.
RECURSION_LIMIT = 8


def build(
    model: BaseChatModel,
    *,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    system_prompt: str | None = None,
) -> CompiledStateGraph[ChatState, Context, ChatState, ChatState]:
    """Builds the memory chatbot.

    Run it with ``{"messages": [("user", text)]}``, with a ``thread_id`` in the config's ``configurable`` if
    it has a checkpointer and, if wanted, with ``context=Context(…)``. ``stream_mode="messages"`` gives the
    tokens; sync and async calls both work, as far as the checkpointer does.

    Args:
        model: any LangChain chat model.
        checkpointer: where threads are kept; without one the graph remembers nothing.
        system_prompt: what stands before every thread. It isn't stored.
    """
    parts = (model, chat_prompt(system_prompt))

    def run(state: ChatState) -> Update:
        return answer(*parts, state, get_runtime(Context))

    async def arun(state: ChatState) -> Update:
        return await aanswer(*parts, state, get_runtime(Context))

    builder = StateGraph(ChatState, context_schema=Context)
    builder.add_node(NODE, RunnableLambda(run, arun, name=NODE))
    builder.add_edge(START, NODE)
    builder.add_edge(NODE, END)
    graph = builder.compile(checkpointer=checkpointer, name="chatbot")
    return graph.with_config(recursion_limit=RECURSION_LIMIT)
