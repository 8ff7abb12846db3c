"""Only what is good enough."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document

from rag.retrieve.base import SCORES, Retriever


class ThresholdRetriever(Retriever):
    """Leaves out what another retriever finds with a score below a bound.

    Attributes:
        base: who finds.
        by: whose score counts: "dense" (a cosine), "bm25", "hybrid", "rerank", ….
        least: the bound. What has no such score is left out.
    """

    base: Retriever
    by: str = "dense"
    least: float

    def find(
        self, query: str, k: int, where: dict[str, Any] | None, run: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        """Returns those of the best k that reach the bound: maybe none."""
        config = {"callbacks": run.get_child()}
        found = self.base.invoke(query, config, k=k, filter=where)  # type: ignore[arg-type]
        return [
            one for one in found if one.metadata.get(SCORES, {}).get(self.by, float("-inf")) >= self.least
        ]
