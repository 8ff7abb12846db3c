"""Maximal marginal relevance: what is relevant and says something new (Carbonell and Goldstein 1998)."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from pydantic import Field

from rag.library.collection import Collection
from rag.retrieve.base import Retriever, with_why
from rag.retrieve.hybrid import HybridRetriever
from rag.stores.diverse import diverse


class MMRRetriever(Retriever):
    """Chooses among what another retriever finds, so that the chosen differ.

    It costs relevance, as measured by nDCG, and saves the reader from reading the same thing twice.

    Attributes:
        base: who finds.
        collection: whose vectors tell how alike two chunks are.
        lambda_mult: how much relevance counts beside novelty: 1 keeps the order of `base`.
        fetch_k: how many are chosen from.
    """

    base: Retriever
    collection: Collection
    lambda_mult: float = Field(default=0.7, ge=0, le=1)
    fetch_k: int = Field(default=50, ge=1)

    def find(
        self, query: str, k: int, where: dict[str, Any] | None, run: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        """Returns k documents, in the order in which they were chosen."""
        import numpy as np

        config = {"callbacks": run.get_child()}
        found = self.base.invoke(query, config, k=max(k, self.fetch_k), filter=where)  # type: ignore[arg-type]
        vectors = self.collection.store.vectors([str(document.id) for document in found])
        found = [document for document in found if document.id in vectors]
        if not found:
            return []
        rows = np.stack([vectors[str(document.id)] for document in found])
        # By place, as scores of different bases aren't of one scale: 1 for the first, falling evenly.
        worth = 1 - np.arange(len(found)) / len(found)
        chosen = diverse(worth, rows, k, self.lambda_mult)
        return [
            with_why(found[place], {"mmr": gain}, {"mmr": rank})
            for rank, (place, gain) in enumerate(chosen, 1)
        ]


def over_hybrid(collection: Collection, **fields: Any) -> MMRRetriever:
    """Makes one over the hybrid of a collection."""
    return MMRRetriever(base=HybridRetriever(collection=collection), collection=collection, **fields)
