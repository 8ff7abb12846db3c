"""The steps before and behind an answer that recall and keep what users tell of themselves.

Contract: nothing is recalled or kept where the turn's context or the user's book has memory switched off.
What goes wrong with memories doesn't cost the answer: it's logged, and the turn goes on without.
"""

from __future__ import annotations

import asyncio
import logging

from langchain_core.messages import AIMessage
from langgraph.config import get_config
from langgraph.store.base import BaseStore

from graphs.chatbot.learned import noted
from graphs.chatbot.shown import turn
from graphs.chatbot.state import ChatState, Context, Noted
from graphs.memories.book import Book
from graphs.memories.extract import Extractor
from graphs.memories.memory import Change
from graphs.retry import passes

log = logging.getLogger(__name__)


class Memory:
    """The steps of one graph.

    Args:
        store: Where memories are kept.
        extract: Finds what a message tells.
    """

    def __init__(self, store: BaseStore, extract: Extractor) -> None:
        self._store, self._extract = store, extract

    def recall(self, state: ChatState, context: Context) -> ChatState:
        """Finds the memories that are near to the question."""
        question, _ = turn(state["messages"])
        found: list[Noted] = []
        try:
            book = Book(self._store, context.user_id)
            if context.memory and question and book.on:
                found = [_noted("recalled", one.key, one.text) for one in book.recall(question)]
        except Exception as error:
            if passes(error):
                raise
            log.exception("Memories can't be recalled.")
        return {"recalled": found, "learned": []}

    async def arecall(self, state: ChatState, context: Context) -> ChatState:
        """Does what `recall` does."""
        return await asyncio.to_thread(self.recall, state, context)

    def remember(self, state: ChatState, context: Context) -> ChatState:
        """Keeps what the turn told."""
        message, asked = turn(state["messages"])
        learned: list[Noted] = []
        try:
            book = Book(self._store, context.user_id)
            if context.memory and message and book.on:
                told = self._extract(message, asked)
                changes: list[Change] = [change for what in told.forget for change in book.forget(what)]
                changes += book.keep(told.statements, _thread())
                learned = [_noted(c.what, c.memory.key, c.memory.text) for c in changes if c.what != "known"]
        except Exception as error:
            if passes(error):
                raise
            log.exception("What was told can't be kept.")
        answer = state["messages"][-1]
        if learned and isinstance(answer, AIMessage):
            return {"learned": learned, "messages": [noted(answer, learned)]}
        return {"learned": learned}

    async def aremember(self, state: ChatState, context: Context) -> ChatState:
        """Does what `remember` does."""
        return await asyncio.to_thread(self.remember, state, context)


def _thread() -> str:
    return str(get_config()["configurable"].get("thread_id", ""))


def _noted(what: str, key: str, text: str) -> Noted:
    return {"what": what, "key": key, "text": text}
