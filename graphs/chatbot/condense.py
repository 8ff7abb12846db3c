"""The step that keeps a long thread within its model's context: older turns give way to a summary.

Contract: the thread keeps all messages. A summary is made when what would be shown is more than `FULL` of
what the model reads, and then stands for the oldest turns, so that `KEPT` of it is left for the newest; the
newest turn is never among them. Without a model to write it, a summary is what the user told.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage
from langchain_core.messages.utils import count_tokens_approximately, get_buffer_string
from langgraph.constants import TAG_NOSTREAM

from graphs.chatbot.brain import Brain
from graphs.chatbot.limits import count_tokens, input_limit
from graphs.chatbot.prompts import SUMMARISE
from graphs.chatbot.shown import newer
from graphs.chatbot.state import ChatState, Context, Summary
from graphs.memories.statements import statements
from graphs.retry import passes

FULL = 0.9
KEPT = 0.5
LONGEST_TOLD = 4000
"""Characters of what the user told that a summary holds, the newest."""
WORDS = 200
"""Words of a summary that a model writes."""

Summarise = Callable[[str, Sequence[BaseMessage]], str]
"""``summarise(before, messages)``: the summary so far and what is to be added to it."""

log = logging.getLogger(__name__)


def by_model(model: BaseChatModel) -> Summarise:
    """Returns what lets a chat model write summaries."""
    chain = (SUMMARISE | model).with_config(tags=[TAG_NOSTREAM])  # its words aren't the answer's

    def summarise(before: str, messages: Sequence[BaseMessage]) -> str:
        said = get_buffer_string(messages, human_prefix="User", ai_prefix="Assistant")
        lead = f"The summary so far:\n{before}\n\nWhat was said since:\n" if before else ""
        return chain.invoke({"words": WORDS, "before": lead, "conversation": said}).text.strip()

    return summarise


class Condense:
    """The step of one graph.

    Args:
        brain: Whose context is to hold the thread.
        summarise: Writes summaries; None leaves them to what the user told.
    """

    def __init__(self, brain: Brain, summarise: Summarise | None) -> None:
        self._brain, self._summarise = brain, summarise

    def run(self, state: ChatState, context: Context) -> ChatState:
        """Makes or extends the summary if the thread has outgrown the model."""
        model = self._brain.model(context)
        limit = input_limit(model)
        summary = state.get("summary")
        messages = newer(state["messages"], summary)
        if limit is None or _tokens(model, messages, limit * FULL) <= limit * FULL:
            return {}
        gone = _oldest(model, messages, limit * KEPT)
        return {"summary": self._added(summary, gone)} if gone else {}

    async def arun(self, state: ChatState, context: Context) -> ChatState:
        """Does what `run` does."""
        return await asyncio.to_thread(self.run, state, context)

    def _added(self, summary: Summary | None, gone: Sequence[AnyMessage]) -> Summary:
        text = summary["text"] if summary else ""
        if self._summarise is not None:
            try:
                text = self._summarise(text, gone)
            except Exception as error:
                if passes(error):
                    raise
                log.exception("No summary could be written: what the user told stands for it.")
        told = [*(summary["told"] if summary else ()), *_told(gone)]
        while len(told) > 1 and sum(map(len, told)) > LONGEST_TOLD:
            told.pop(0)
        return {
            "text": text,
            "told": list(dict.fromkeys(told)),
            "through": str(gone[-1].id),
            "messages": (summary["messages"] if summary else 0) + len(gone),
        }


def _told(messages: Sequence[BaseMessage]) -> list[str]:
    found: list[str] = []
    asked = ""
    for message in messages:
        if isinstance(message, HumanMessage):
            found += [statement.text for statement in statements(message.text, asked)]
        asked = message.text if isinstance(message, AIMessage) else ""
    return found


def _oldest(model: BaseChatModel, messages: Sequence[AnyMessage], room: float) -> list[AnyMessage]:
    """The messages before the first turn from which on all fit into `room` tokens; never the newest turn."""
    turns = [i for i, message in enumerate(messages) if isinstance(message, HumanMessage)]
    left = 0.0
    start = len(messages)
    for begin in reversed(turns):
        left += _tokens(model, messages[begin:start], room)
        if left > room and start < len(messages):
            break
        start = begin
    return list(messages[:start])


def _tokens(model: BaseChatModel, messages: Sequence[BaseMessage], enough: float) -> float:
    """Tokens of messages; no closer than it takes to see whether they are more than `enough`."""
    about = count_tokens_approximately(messages)
    if about * 4 < enough:  # no tokenizer of ours makes four times as many of any text
        return about
    return float(sum(count_tokens(model, message.text) + 4 for message in messages))
