"""Words and meaning together: each arm finds, and both give every found chunk a score that is then fused."""

from __future__ import annotations

import math
from typing import Any, Literal

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from pydantic import Field, PrivateAttr, field_validator

from rag.fusion import DEPTH, WEIGHTS, convex, rrf
from rag.library.collection import Collection
from rag.retrieve.base import Arm, Retriever, explained
from rag.retrieve.bm25 import BM25Retriever
from rag.retrieve.dense import DenseRetriever


class HybridRetriever(Retriever):
    """Finds by BM25 and by vectors, and fuses.

    Attributes:
        collection: what is searched.
        fusion: "convex" adds normalised scores, "rrf" goes by ranks alone.
        weights: of the arms, "bm25" and "dense".
        depth: how many each arm finds.
    """

    collection: Collection
    fusion: Literal["convex", "rrf"] = "convex"
    weights: dict[str, float] = Field(default_factory=lambda: dict(WEIGHTS))
    depth: int = Field(default=DEPTH, ge=1)
    _arms: tuple[Arm, ...] = PrivateAttr()

    @field_validator("weights")
    @classmethod
    def _both(cls, weights: dict[str, float]) -> dict[str, float]:
        if set(weights) != set(WEIGHTS) or not all(0 <= weight < math.inf for weight in weights.values()):
            raise ValueError(f"a weight of 0 or more is needed for each of {', '.join(WEIGHTS)}")
        return weights

    def model_post_init(self, context: object) -> None:  # noqa: ARG002
        """Makes the arms."""
        self._arms = (BM25Retriever(collection=self.collection), DenseRetriever(collection=self.collection))

    def find(
        self,
        query: str,
        k: int,
        where: dict[str, Any] | None,
        run: CallbackManagerForRetrieverRun,  # noqa: ARG002
    ) -> list[Document]:
        """Returns the best k chunks of both arms."""
        depth = max(k, self.depth)
        ranked = {arm.arm: arm.rank(query, depth, where) for arm in self._arms}
        ranks = {
            name: {one: place for place, (one, _) in enumerate(found, 1)} for name, found in ranked.items()
        }
        every = list(dict.fromkeys(one for found in ranked.values() for one, _ in found))
        scores = {name: dict(found) for name, found in ranked.items()}
        for arm in self._arms:
            # What only one arm found isn't nothing to the other: it has a score there too.
            scores[arm.arm] |= arm.score(query, [one for one in every if one not in scores[arm.arm]])
        if self.fusion == "convex":
            fused = convex(scores, self.weights)
        else:
            fused = rrf({name: list(found) for name, found in ranks.items()}, self.weights)
        best = fused[:k]
        ids = [one for one, _ in best]
        return explained(
            self.collection,
            ids,
            {
                one: {"hybrid": score, **{name: given[one] for name, given in scores.items() if one in given}}
                for one, score in best
            },
            {
                one: {"hybrid": place, **{name: given[one] for name, given in ranks.items() if one in given}}
                for place, one in enumerate(ids, 1)
            },
        )


def by_ranks(collection: Collection, **fields: Any) -> HybridRetriever:
    """Makes a hybrid that goes by ranks, both arms counting alike."""
    equal = dict.fromkeys(WEIGHTS, 1.0)
    return HybridRetriever(collection=collection, fusion="rrf", **{"weights": equal, **fields})
