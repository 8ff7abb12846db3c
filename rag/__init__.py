"""What the library knows: load, chunk, index, retrieve, rerank, cite and ground documents.

Importing this package imports nothing else: `Library` comes when it's first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.library.library import Library

__all__ = ["Library"]


def __getattr__(name: str) -> Any:
    """Gives `Library`, importing it at its first use (PEP 562)."""
    if name == "Library":
        from rag.library.library import Library

        return Library
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
