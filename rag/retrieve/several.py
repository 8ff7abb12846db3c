"""Asking in several ways: what is found for any of them, fused by rank (RRF; Cormack et al. 2009)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.runnables import Runnable

from rag.fusion import rrf
from rag.retrieve.base import Retriever, with_why


class MultiQueryRetriever(Retriever):
    """Asks another retriever the question and its rewordings.

    Attributes:
        base: who finds.
        queries: gives rewordings of a question: a function, or a runnable such as
            ``prompt | model | parser``. The question itself is always asked.
        depth: how many are asked for with each.
    """

    base: Retriever
    queries: Callable[[str], list[str]] | Runnable[str, list[str]]
    depth: int = 50

    def find(
        self, query: str, k: int, where: dict[str, Any] | None, run: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        """Returns the best k of all that was found."""
        config = {"callbacks": run.get_child()}
        if isinstance(self.queries, Runnable):
            rewordings = self.queries.invoke(query, config)  # type: ignore[arg-type]
        else:
            rewordings = self.queries(query)
        every = list(dict.fromkeys([query, *(one.strip() for one in rewordings if one.strip())]))
        found: dict[str, Document] = {}
        rankings: dict[str, list[str]] = {}
        for one in every:
            documents = self.base.invoke(one, config, k=max(k, self.depth), filter=where)  # type: ignore[arg-type]
            rankings[one] = [str(document.id) for document in documents]
            for document in documents:
                found.setdefault(str(document.id), document)
        fused = rrf(rankings)[:k]
        return [
            with_why(found[one], {"queries": score}, {"queries": place})
            for place, (one, score) in enumerate(fused, 1)
        ]
