"""The memory chatbot: it recalls, answers and remembers; its threads branch and are kept whole.

`build` makes the graph; `settle`, `keep_partial`, `undo`, `rewind` and `rephrase` change a thread between
answers, `read_branches` and `switch` lead to what was said otherwise; `check_question` refuses what the model
can't read. Everything is imported when it's used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphs.chatbot.branches import read_branches, switch
    from graphs.chatbot.graph import build
    from graphs.chatbot.limits import check_question
    from graphs.chatbot.state import ChatState, Context
    from graphs.chatbot.turns import keep_partial, rephrase, rewind, settle, undo

_WHERE = {
    "ChatState": "state",
    "Context": "state",
    "build": "graph",
    "check_question": "limits",
    "keep_partial": "turns",
    "read_branches": "branches",
    "rephrase": "turns",
    "rewind": "turns",
    "settle": "turns",
    "switch": "branches",
    "undo": "turns",
}

__all__ = [
    "ChatState",
    "Context",
    "build",
    "check_question",
    "keep_partial",
    "read_branches",
    "rephrase",
    "rewind",
    "settle",
    "switch",
    "undo",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
