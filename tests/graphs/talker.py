"""Conversations that go on until their process is killed; a script that `test_killed.py` runs.

``talker.py FILE ROUND TURNS WAY``: settles each thread of the state file, then asks in all of them at once,
TURNS questions each (0: without end), in threads or on an event loop (WAY is ``threads`` or ``loop``). Each
step is a line of JSON on standard output, written when it's done and not before.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

from langchain_core.embeddings import Embeddings
from langchain_core.messages import BaseMessage

from graphs.chatbot import Context, build, settle
from graphs.persistence import open_state
from models import ChatScripted
from models.chat.messages import last_user_text
from models.chat.script import Turn

USERS = {"ada 1": "ada", "ada 2": "ada", "ben 1": "ben", "ben 2": "ben"}
"""Whose the threads are."""


class Echo(ChatScripted):
    """Says what it was told, word by word."""

    def _next(self, messages: Sequence[BaseMessage]) -> Turn:
        return Turn(text=f"I heard: {last_user_text(messages)}", token_delay=0.003)


class Digests(Embeddings):
    """Vectors that mean nothing."""

    def embed_query(self, text: str) -> list[float]:
        return [byte - 127.5 for byte in blake2b(text.encode(), digest_size=8).digest()]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


class Talk:
    """One thread's conversation."""

    def __init__(self, graph: Any, thread: str, number: int) -> None:
        self._graph, self._thread, self._number = graph, thread, number
        self._config: Any = {"configurable": {"thread_id": thread}}
        self._context = Context(user_id=USERS[thread])

    def settle(self) -> None:
        _say(thread=self._thread, settled=settle(self._graph, self._config, self._context))

    def go_on(self, turns: int) -> None:
        for question in self._questions(turns):
            values = self._graph.invoke(
                {"messages": [("user", question)]}, self._config, context=self._context, durability="sync"
            )
            self._tell(values)

    async def ago_on(self, turns: int) -> None:
        for question in self._questions(turns):
            values = await self._graph.ainvoke(
                {"messages": [("user", question)]}, self._config, context=self._context, durability="sync"
            )
            self._tell(values)

    def _questions(self, turns: int) -> Iterator[str]:
        asked = 0
        while not turns or asked < turns:
            question = f"The code of gate {self._number}-{asked} of {self._thread} is {7 * asked}."
            _say(thread=self._thread, asked=question)
            yield question
            asked += 1

    def _tell(self, values: Any) -> None:
        question, answer = values["messages"][-2:]
        learned = [noted["text"] for noted in values["learned"]]
        _say(thread=self._thread, question=question.text, answer=answer.text, learned=learned)


_SAYING = threading.Lock()


def _say(**what: object) -> None:
    with _SAYING:
        print(json.dumps(what), flush=True)  # noqa: T201


def main(file: str, number: str, turns: str, way: str) -> None:
    with open_state(file, index={"dims": 8, "embed": Digests(), "fields": ["text"]}) as state:
        graph = build(Echo(script=["?"]), checkpointer=state.saver, store=state.store)
        talks = [Talk(graph, thread, int(number)) for thread in USERS]
        for talk in talks:
            talk.settle()
        if way == "loop":
            asyncio.run(_all(talks, int(turns)))
            return
        threads = [threading.Thread(target=talk.go_on, args=(int(turns),)) for talk in talks]
        for one in threads:
            one.start()
        for one in threads:
            one.join()


async def _all(talks: Sequence[Talk], turns: int) -> None:
    await asyncio.gather(*(talk.ago_on(turns) for talk in talks))


if __name__ == "__main__":
    main(*sys.argv[1:])
