"""What thinks in steps: LangGraph state machines, one folder an agent.

Contract: `GRAPHS` names every agent's ``build(model, *, checkpointer=None, …) -> CompiledStateGraph``;
importing this package imports none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from homespun.names import Table

GRAPHS: Table[Callable[..., Any]] = Table("graph", {"chatbot": "graphs.chatbot:build"})
