"""The chatbot as a graph: START → (recall ‖ condense) → answer → remember → END."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import get_runtime
from langgraph.store.base import BaseStore

from graphs.chatbot.answer import Answer
from graphs.chatbot.brain import Brain
from graphs.chatbot.condense import Condense, Summarise
from graphs.chatbot.memory import Memory
from graphs.chatbot.state import ChatState, Context
from graphs.chatbot.steps import ANSWER, CONDENSE, RECALL, REMEMBER
from graphs.memories.extract import Extractor, in_own_words
from graphs.retry import retry_policy

# Three steps a turn; LangGraph's own limit is 10,007.
RECURSION_LIMIT = 12


def build(
    model: BaseChatModel,
    *,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    store: BaseStore | None = None,
    system_prompt: str | None = None,
    find: Callable[[str], BaseChatModel] | None = None,
    extract: Extractor = in_own_words,
    summarise: Summarise | None = None,
) -> CompiledStateGraph[ChatState, Context, ChatState, ChatState]:
    """Builds the memory chatbot.

    Run it with ``{"messages": [("user", text)]}``, with a ``thread_id`` in the config's ``configurable`` if
    it has a checkpointer and, if wanted, with ``context=Context(…)``. ``stream_mode="messages"`` gives the
    tokens; sync and async calls both work.

    Args:
        model: Any LangChain chat model.
        checkpointer: Where threads are kept; without one the graph remembers nothing of them.
        store: Where memories of users are kept, across threads; without one there are none.
        system_prompt: What stands before every thread. It isn't stored.
        find: Gives a model by the address that a turn's context names.
        extract: Finds what of a message is worth remembering.
        summarise: Writes the summary of a thread that has outgrown its model; by default what the user told
            stands for it.
    """
    brain = Brain(model, find)
    answer, condense = Answer(brain, system_prompt), Condense(brain, summarise)
    builder = StateGraph(ChatState, context_schema=Context)
    _add(builder, CONDENSE, condense.run, condense.arun)
    _add(builder, ANSWER, answer.run, answer.arun)
    builder.add_edge(START, CONDENSE)
    builder.add_edge(CONDENSE, ANSWER)
    if store is None:
        builder.add_edge(ANSWER, END)
    else:
        memory = Memory(store, extract)
        _add(builder, RECALL, memory.recall, memory.arecall)
        _add(builder, REMEMBER, memory.remember, memory.aremember)
        builder.add_edge(START, RECALL)
        # Both end in one step, so no join is needed; it would stay half open where a turn is broken off.
        builder.add_edge(RECALL, ANSWER)
        builder.add_edge(ANSWER, REMEMBER)
        builder.add_edge(REMEMBER, END)
    graph = builder.compile(checkpointer=checkpointer, store=store, name="chatbot")
    return graph.with_config(recursion_limit=RECURSION_LIMIT)


def _add(
    builder: StateGraph[ChatState, Context, ChatState, ChatState],
    name: str,
    run: Callable[[ChatState, Context], ChatState],
    arun: Callable[[ChatState, Context], Awaitable[ChatState]],
) -> None:
    def step(state: ChatState) -> ChatState:
        return run(state, get_runtime(Context).context or Context())

    async def astep(state: ChatState) -> ChatState:
        return await arun(state, get_runtime(Context).context or Context())

    builder.add_node(name, RunnableLambda(step, astep, name=name), retry_policy=retry_policy())
