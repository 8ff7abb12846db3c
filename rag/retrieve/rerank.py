"""A second look at what was found, by a model that reads question and text together."""

from __future__ import annotations

import math
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.cross_encoders import BaseCrossEncoder
from langchain_core.documents import Document
from pydantic import Field

from homespun.errors import HomespunError
from rag.library.units import indexed
from rag.retrieve.base import Retriever, with_why


class RerankRetriever(Retriever):
    """Orders anew what another retriever finds.

    Attributes:
        base: who finds.
        scorer: LangChain's cross-encoder interface: scores of (question, text) pairs, higher is better.
        depth: how many are read.
        share: how much of the new order is the scorer's; the rest is the place that `base` gave.
    """

    base: Retriever
    scorer: BaseCrossEncoder
    depth: int = Field(default=30, ge=1)
    share: float = Field(default=1.0, ge=0, le=1)

    def find(
        self, query: str, k: int, where: dict[str, Any] | None, run: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        """Returns the best k after the second look.

        Raises:
            HomespunError: the scorer gave what is no score.
        """
        config = {"callbacks": run.get_child()}
        found = self.base.invoke(query, config, k=max(k, self.depth), filter=where)  # type: ignore[arg-type]
        if not found:
            return []
        scores = [float(score) for score in self.scorer.score([(query, indexed(one)) for one in found])]
        if len(scores) != len(found) or not all(math.isfinite(score) for score in scores):
            raise HomespunError("The reranker gave something else than one finite score a text.")
        low, high = min(scores), max(scores)
        spread = high - low or 1.0
        worth = [
            self.share * (score - low) / spread + (1 - self.share) * (1 - place / len(found))
            for place, score in enumerate(scores)
        ]
        order = sorted(range(len(found)), key=lambda place: (-worth[place], place))[:k]
        return [
            with_why(found[place], {"rerank": scores[place]}, {"rerank": rank})
            for rank, place in enumerate(order, 1)
        ]
