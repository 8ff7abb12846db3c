"""Suite `chat_memory`: what the user told, asked back at the end of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evals.suites.chat_memory.suite import SUITE

__all__ = ["SUITE"]


def __getattr__(name: str) -> Any:
    if name == "SUITE":
        from evals.suites.chat_memory.suite import SUITE

        return SUITE
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
