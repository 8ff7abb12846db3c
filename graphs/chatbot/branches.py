"""The branches of a thread: where it was answered or asked in another way, and the way back.

Contract: branches are read from the thread's checkpoints, so none is lost while these are kept. Two messages
are alternatives of each other where the same messages stand before them. Which branch is open is the
thread's newest checkpoint; `switch` makes another branch's newest one that, by copying it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from graphs.chatbot.steps import Chatbot
from homespun.errors import UnknownName, UsageError

Path = tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """A place in the open branch where there are others.

    Attributes:
        messages: The ids of the alternatives, in the order in which they came to be.
        at: Which of them is open.
    """

    messages: tuple[str, ...]
    at: int


@dataclass(frozen=True)
class Branches:
    """All branches of a thread.

    Attributes:
        open: The ids of the open branch's messages.
        ends: The newest checkpoint of each path that there ever was, the newest first.
        past: These paths in the order in which they came to be.
    """

    open: Path
    ends: dict[Path, RunnableConfig]
    past: tuple[Path, ...]

    def choices(self) -> dict[str, Choice]:
        """Returns the places where the thread could go on otherwise: id of the open message → choice."""
        after: dict[Path, list[str]] = {}
        for path in self.past:
            for place, name in enumerate(path):
                children = after.setdefault(path[:place], [])
                if name not in children:
                    children.append(name)
        found = {}
        for place, name in enumerate(self.open):
            children = after[self.open[:place]]
            if len(children) > 1:
                found[name] = Choice(tuple(children), children.index(name))
        return found

    def end(self, message: str) -> RunnableConfig:
        """Returns the newest checkpoint of the branches that a message stands in.

        Raises:
            UnknownName: If it stands in none.
        """
        for path, config in self.ends.items():
            if message in path:
                return config
        raise UnknownName(f"There is no message {message!r} in this thread.")


def read_branches(graph: Chatbot, config: RunnableConfig) -> Branches:
    """Reads the branches of a thread.

    Raises:
        UsageError: If the graph has no checkpointer.
    """
    saver = graph.checkpointer
    if not isinstance(saver, BaseCheckpointSaver):
        raise UsageError("A graph without a checkpointer has no branches.")
    where = config["configurable"]
    thread: RunnableConfig = {"configurable": {"thread_id": where["thread_id"], "checkpoint_ns": ""}}
    ends: dict[Path, RunnableConfig] = {}
    paths: list[Path] = []
    for held in saver.list(thread):
        paths.append(_path(held.checkpoint["channel_values"].get("messages", [])))
        ends.setdefault(paths[-1], held.config)
    # To open a branch makes it the newest; the order is that of their beginnings.
    return Branches(paths[0] if paths else (), ends, tuple(dict.fromkeys(reversed(paths))))


def switch(graph: Chatbot, config: RunnableConfig, message: str) -> None:
    """Opens the newest branch that a message stands in.

    Raises:
        UnknownName: If it stands in none.
    """
    graph.update_state(read_branches(graph, config).end(message), None, as_node="__copy__")


def _path(messages: Sequence[BaseMessage]) -> Path:
    return tuple(str(one.id) for one in messages if isinstance(one, (HumanMessage, AIMessage)))
