"""What the chatbot remembers (`ChatState`) and what one turn is run with (`Context`)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages
from typing_extensions import TypedDict

LOCAL = "local"
"""The user where there are no users."""
GUEST = "guest"
"""Whoever comes to pages that are open to all: no user, who has neither a list of threads nor memories."""


class Summary(TypedDict):
    """What stands for the older part of a thread that has outgrown its model.

    Attributes:
        text: A summary that a model wrote; "" where none was asked.
        told: What the user told in that part, in their words.
        through: The id of the last message that the model isn't shown any more.
        messages: How many these are.
    """

    text: str
    told: list[str]
    through: str
    messages: int


class Noted(TypedDict):
    """A memory as a turn saw it.

    Attributes:
        what: "recalled", "kept", "changed" or "forgotten".
        key: Its name in the user's book.
        text: What it says.
    """

    what: str
    key: str
    text: str


class ChatState(TypedDict, total=False):
    """A thread: its messages in order, kept whole by the checkpointer.

    Attributes:
        messages: All that was said.
        summary: What stands for messages that the model isn't shown; they stay in `messages`.
        recalled: The memories that the newest answer was given with.
        learned: What the newest turn did to the memories.
    """

    messages: Annotated[list[AnyMessage], add_messages]
    summary: Summary | None
    recalled: list[Noted]
    learned: list[Noted]


@dataclass(frozen=True)
class Context:
    """Belongs to one turn and is never stored.

    Attributes:
        user_id: Whose memories are recalled and kept.
        model: Which model answers, by its address; None is the one that the graph was built with.
        sampling: Arguments of the model's call, for example temperature or max_tokens.
        cancel: When set, the answer ends at the next token, and what there is of it is kept.
        seconds: The longest that an answer may take; then it ends as if it were cancelled.
        memory: Whether long-term memory takes part in this turn.
    """

    user_id: str = LOCAL
    model: str | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)
    cancel: threading.Event | None = None
    seconds: float | None = None
    memory: bool = True

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self.cancel is not None and self.cancel.is_set()
