"""Vector stores by address: ``faiss``, ``chroma``, ``chroma:http://host:port``."""

from __future__ import annotations

from pathlib import Path

from langchain_core.embeddings import Embeddings

from homespun.errors import UsageError
from rag.stores import STORES
from rag.stores.base import Store

DEFAULT = "faiss"


def open_store(
    address: str = DEFAULT,
    embeddings: Embeddings | None = None,
    *,
    folder: Path,
    name: str = "collection",
    model: str | None = None,
    read_only: bool = False,
) -> Store:
    """Opens the vector store that an address leads to.

    Args:
        address: ``name`` or ``name:argument``; the names are the rows of `rag.stores.STORES`.
        embeddings: makes vectors of texts; None for a store that is only asked with vectors.
        folder: where a store on this machine has its files.
        name: of the collection, where several lie in one place, as on a server.
        model: the fingerprint of what makes the vectors; a store that holds another's is refused.
        read_only: whether writing is refused.

    Raises:
        UsageError: if there is no such store, it can't be made of this argument, or is of another model.
        HomespunError: if it can't be opened.
    """
    kind, _, argument = address.partition(":")
    if not kind.strip():
        raise UsageError(f"The vector store's name is empty. There are: {', '.join(STORES.listed())}.")
    return STORES[kind](
        argument, folder=folder, name=name, embeddings=embeddings, model=model, read_only=read_only
    )
