"""Searching by meaning: the cosine between the question's vector and a chunk's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import PrivateAttr

from rag.retrieve.base import Arm

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy import float32
    from numpy.typing import NDArray

_REMEMBERED = 64


class DenseRetriever(Arm):
    """Finds the chunks whose vectors are nearest to the question's."""

    _vector: Callable[[str], NDArray[float32]] = PrivateAttr()

    def model_post_init(self, context: object) -> None:  # noqa: ARG002
        """Remembers the last questions' vectors: a hybrid asks for a question's twice."""
        import numpy as np

        embeddings = self.collection.embeddings

        @lru_cache(maxsize=_REMEMBERED)
        def vector(query: str) -> NDArray[float32]:
            return np.asarray(embeddings.embed_query(query), dtype=np.float32)

        self._vector = vector

    @property
    def arm(self) -> str:
        """Its name among the scores."""
        return "dense"

    def rank(self, query: str, k: int, where: dict[str, Any] | None = None) -> list[tuple[str, float]]:
        """Returns ids and cosines of the best k chunks."""
        return self.collection.nearest(self._vector(query), k, where)

    def score(self, query: str, ids: Sequence[str]) -> dict[str, float]:
        """Returns the cosines of given chunks."""
        return self.collection.store.score(self._vector(query), ids)
