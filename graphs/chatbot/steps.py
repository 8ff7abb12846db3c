"""The names of the graph's steps, as they stand in checkpoints."""

from __future__ import annotations

from typing import Any

from langgraph.graph.state import CompiledStateGraph

from graphs.chatbot.state import Context

Chatbot = CompiledStateGraph[Any, Context, Any, Any]

RECALL = "recall"
CONDENSE = "condense"
ANSWER = "answer"
REMEMBER = "remember"


def last(graph: Chatbot) -> str:
    """Returns the step behind which a turn of this graph is over."""
    return REMEMBER if REMEMBER in graph.nodes else ANSWER
