"""Searching by words: BM25 over stems (Robertson and Zaragoza 2009), computed by bm25s."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rag.retrieve.base import Arm


class BM25Retriever(Arm):
    """Finds the chunks that have the question's words, the rarer the better; needs no encoder."""

    @property
    def arm(self) -> str:
        """Its name among the scores."""
        return "bm25"

    def rank(self, query: str, k: int, where: dict[str, Any] | None = None) -> list[tuple[str, float]]:
        """Returns ids and scores of the best k chunks; only those that have one of the words."""
        return self.collection.by_words(query, k, where)

    def score(self, query: str, ids: Sequence[str]) -> dict[str, float]:
        """Returns the scores of given chunks."""
        return self.collection.word_scores(query, ids)
