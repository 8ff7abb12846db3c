"""What all ways of searching have in common: how many, which ones, and why each is there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from homespun.errors import UsageError
from rag.library.collection import Collection

SCORES, RANKS = "scores", "ranks"
"""Keys of a found document's metadata: score and place (from 1) in each arm that found it."""


class Retriever(BaseRetriever, ABC):
    """Finds documents, the best first.

    Attributes:
        k: how many at most; `invoke(query, k=…)` says it for one question.
        filter: which chunks are looked at, by their metadata, in the language of `rag.stores.filters`;
            `invoke(query, filter=…)` narrows it for one question.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    k: int = Field(default=10, ge=1)
    filter: dict[str, Any] | None = None

    @abstractmethod
    def find(
        self, query: str, k: int, where: dict[str, Any] | None, run: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        """Returns the best k documents.

        Args:
            query: the question.
            k: how many at most.
            where: the filter; None for all.
            run: whose child a retriever is that this one asks.
        """

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
        k: int | None = None,
        filter: dict[str, Any] | None = None,  # noqa: A002  LangChain's own name for it
    ) -> list[Document]:
        count = self.k if k is None else k
        if count < 1:
            raise UsageError(f"k is {count}, and has to be 1 or more.")
        # A question may narrow what a retriever was made for, never widen it.
        given = [one for one in (self.filter, filter) if one]
        where = {"$and": given} if len(given) > 1 else (given[0] if given else None)
        return self.find(query, count, where, run_manager)


class Arm(Retriever, ABC):
    """A way that gives every chunk a score of its own: what hybrids are made of."""

    collection: Collection

    @property
    @abstractmethod
    def arm(self) -> str:
        """Its name among the scores."""

    @abstractmethod
    def rank(self, query: str, k: int, where: dict[str, Any] | None = None) -> list[tuple[str, float]]:
        """Returns ids and scores of the best k chunks."""

    @abstractmethod
    def score(self, query: str, ids: Sequence[str]) -> dict[str, float]:
        """Returns the scores of given chunks."""

    def find(
        self,
        query: str,
        k: int,
        where: dict[str, Any] | None,
        run: CallbackManagerForRetrieverRun,  # noqa: ARG002
    ) -> list[Document]:
        """Returns the best k chunks."""
        ranked = self.rank(query, k, where)
        scores = {one: {self.arm: score} for one, score in ranked}
        ranks = {one: {self.arm: place} for place, (one, _) in enumerate(ranked, 1)}
        return explained(self.collection, list(scores), scores, ranks)


def explained(
    collection: Collection,
    ids: Sequence[str],
    scores: Mapping[str, Mapping[str, float]],
    ranks: Mapping[str, Mapping[str, int]],
) -> list[Document]:
    """Returns chunks in the order of their ids, each with its scores and ranks."""
    documents = collection.documents(ids)
    return [
        with_why(documents[one], scores.get(one, {}), ranks.get(one, {})) for one in ids if one in documents
    ]


def with_why(document: Document, scores: Mapping[str, float], ranks: Mapping[str, int]) -> Document:
    """Returns a copy of a document with scores and ranks beside those that it has."""
    metadata = {
        **document.metadata,
        SCORES: {**document.metadata.get(SCORES, {}), **scores},
        RANKS: {**document.metadata.get(RANKS, {}), **ranks},
    }
    return Document(id=document.id, page_content=document.page_content, metadata=metadata)
