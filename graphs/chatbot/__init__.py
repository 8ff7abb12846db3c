"""The memory chatbot: one node that answers, a thread that remembers.

`build` makes the graph; `settle`, `keep_partial`, `undo` and `rewind` (and their async twins) change a thread
between answers; `check_question` refuses what the model can't read. Everything is imported when it's used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphs.chatbot.graph import build
    from graphs.chatbot.limits import check_question
    from graphs.chatbot.state import ChatState, Context
    from graphs.chatbot.turns import (
        akeep_partial,
        arewind,
        asettle,
        aundo,
        keep_partial,
        rewind,
        settle,
        undo,
    )

_WHERE = {
    "build": "graph",
    "check_question": "limits",
    "ChatState": "state",
    "Context": "state",
    "akeep_partial": "turns",
    "arewind": "turns",
    "asettle": "turns",
    "aundo": "turns",
    "keep_partial": "turns",
    "rewind": "turns",
    "settle": "turns",
    "undo": "turns",
}

__all__ = [
    "ChatState",
    "Context",
    "akeep_partial",
    "arewind",
    "asettle",
    "aundo",
    "build",
    "check_question",
    "keep_partial",
    "rewind",
    "settle",
    "undo",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
