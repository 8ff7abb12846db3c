"""What the chatbot remembers (`ChatState`) and what one turn is run with (`Context`)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages
from typing_extensions import TypedDict


class ChatState(TypedDict):
    """A thread: its messages in order, kept by the checkpointer."""

    messages: Annotated[list[AnyMessage], add_messages]


@dataclass(frozen=True)
class Context:
    """Belongs to one turn and is never stored.

    Attributes:
        sampling: arguments of the model's call, for example temperature or max_tokens.
        cancel: when set, the answer ends at the next token, and what there is of it is kept.
    """

    sampling: Mapping[str, Any] = field(default_factory=dict)
    cancel: threading.Event | None = None

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self.cancel is not None and self.cancel.is_set()
