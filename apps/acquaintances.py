"""The chatbot with long-term memory as it's measured: users in threads of theirs, and restarts between.

Contract: it's the chatbot that `apps.compose` makes, memories kept in users' own words, over a SQLite file of
its own below the evaluations' folder. A restart closes the file, and what is built anew knows only what it
reads there. Scenes share the file and may be played at once: users and threads are named by scene and system.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from homespun.errors import ModelNotFound
from homespun.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from evals.systems import Visit, Visited
    from graphs.persistence import State

FILE = "acquaintances.sqlite"


@dataclass(frozen=True)
class Acquaintances:
    """The chatbot graph as `evals.systems.Acquaintance`.

    Attributes:
        settings: say where things are.
        model: who answers.
        address: the model's.
        fingerprint: of the system; part of the name of each user and thread.
        seeded: whether the model can be told a seed.
    """

    settings: Settings
    model: BaseChatModel
    address: str
    fingerprint: str
    seeded: bool

    def __call__(self, visits: Sequence[Visit], *, scene: str, seed: int) -> Sequence[Visited]:
        """Plays `visits`, forgetting first what an earlier play of the scene left.

        Raises:
            UsageError: if a turn is more than the model can read.
        """
        from apps import compose
        from graphs.memories.book import Book

        settings = self.settings.model_copy(
            update={"memory": "words", "database": str(acquaintances_file(self.settings))}
        )
        found: list[Visited] = []
        for number, part in enumerate(_between_restarts(visits)):
            with compose.open_state(settings) as state:
                if not number:
                    for visit in visits:
                        state.saver.delete_thread(self._thread(scene, visit))
                        Book(state.store, self._user(scene, visit)).clear()
                found += [self._play(settings, state, scene, visit, seed) for visit in part]
        return found

    def _play(self, settings: Settings, state: State, scene: str, visit: Visit, seed: int) -> Visited:
        from apps import compose
        from evals.asking import counts
        from evals.systems import Reply, Visited
        from graphs.chatbot import Context, check_question
        from graphs.memories.book import Book

        graph = compose.chatbot_graph(settings, self.model, state, self.address)
        user, thread = self._user(scene, visit), self._thread(scene, visit)
        context = Context(user_id=user, sampling={"seed": seed} if self.seeded else {})
        replies = []
        for turn in visit.turns:
            check_question(self.model, turn)
            began = time.perf_counter()
            after = graph.invoke(
                {"messages": [("user", turn)]}, {"configurable": {"thread_id": thread}}, context=context
            )
            seconds = time.perf_counter() - began
            message = after["messages"][-1]
            recalled = tuple(noted["text"] for noted in after["recalled"])
            replies.append(Reply(message.text, counts(message.usage_metadata), seconds, recalled))
        state.saver.prune([thread])
        return Visited(replies, tuple(memory.text for memory in reversed(Book(state.store, user).all())))

    def _thread(self, scene: str, visit: Visit) -> str:
        from apps.systems import thread_name

        return thread_name(f"{scene[:60]}-{visit.user}-{visit.thread}", self.fingerprint)

    def _user(self, scene: str, visit: Visit) -> str:
        from evals.sample import digest

        # A store's labels hold no full stops, and a scene may be called anything.
        return digest(scene, visit.user, self.fingerprint)[:32]


def acquaintances_file(settings: Settings) -> Path:
    """Returns the SQLite file that keeps what evaluations' users told."""
    return settings.folder.evals / FILE


def memory_fingerprint(settings: Settings) -> str:
    """Returns a hash of what long-term memory depends on: rules, encoder, and how a model is told.

    What is worth keeping and what replaces what are rules in code, so that code counts, comments and all.
    """
    from evals.sample import digest
    from graphs.chatbot.prompts import system
    from models.encoders.embed import LocalEmbeddings

    try:
        encoder = LocalEmbeddings(home=settings.home, threads=settings.threads).source.fingerprint
    except ModelNotFound:
        encoder = ""  # they're found by their age
    rules = {
        file.name: file.read_text(encoding="utf-8")
        for file in files("graphs.memories").iterdir()
        if file.name.endswith(".py")
    }
    shown = [message.text for message in system(None, ["One thing.", "Another."], "In short.")]
    return digest("memory", encoder, rules, shown)


def _between_restarts(visits: Sequence[Visit]) -> Iterator[Sequence[Visit]]:
    at = 0
    for end, visit in enumerate(visits):
        if visit.restart and end > at:
            yield visits[at:end]
            at = end
    yield visits[at:]
