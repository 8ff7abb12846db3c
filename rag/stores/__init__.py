"""The vector stores: name → ``"module:build"``, how each is opened.

Contract: ``build(argument, *, folder, name, embeddings, model, read_only) -> Store``; a store's address is
``name[:argument]``; listing imports no store. `rag.stores.opening.open_store` is how one is got.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from homespun.names import Table

if TYPE_CHECKING:
    from rag.stores.base import Store

STORES: Table[Callable[..., Store]] = Table(
    "vector store",
    {
        "faiss": "rag.stores.faiss:build",
        "chroma": "rag.stores.chroma:build",
    },
)
