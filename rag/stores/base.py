"""What all vector stores do, written once: LangChain's `VectorStore`, and what collections need beyond it.

Contract: scores are cosines, exact, higher is better; equal ones are in the order of their ids, so the same
store gives the same answer. Vectors are made of length 1 when they're written and when they're asked for.
Metadata holds strings, numbers and truths; a value of None says nothing and isn't kept. What is added under
an id that's there takes its place. Threads may share a store.
"""

from __future__ import annotations

import uuid
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore

from homespun.errors import UsageError
from rag.stores.diverse import diverse
from rag.stores.filters import Filter, check_scalar, check_text, parse

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import ArrayLike, NDArray

SPARE = 16
"""Candidates beyond `k` that are compared exactly: an index rounds, and puts equals in any order."""
ROUNDING = 1e-5
"""What an index's cosine may be wrong by, at most."""


class Store(VectorStore):
    """Subclasses write the methods that begin with an underscore, and `vectors`, `ids`, `faults` and `close`.

    Args:
        embeddings: makes vectors of texts; None for a store that is only asked with vectors.
    """

    def __init__(self, embeddings: Embeddings | None = None) -> None:
        self._embeddings = embeddings

    @property
    def embeddings(self) -> Embeddings | None:
        """Who makes vectors of texts."""
        return self._embeddings

    # What a kind of store does.

    @abstractmethod
    def _put(self, documents: Sequence[Document], vectors: NDArray[float32]) -> None:
        """Writes documents, which have ids, no two the same, and their vectors [n, width] of length 1."""

    @abstractmethod
    def _remove(self, ids: Sequence[str] | None) -> None:
        """Removes what has these ids and is there; None removes all."""

    @abstractmethod
    def _documents(self, ids: Sequence[str]) -> dict[str, Document]:
        """Returns what is there of these."""

    @abstractmethod
    def _candidates(
        self,
        vector: NDArray[float32],
        count: int,
        filter: Filter | None,  # noqa: A002
    ) -> list[tuple[str, float]]:
        """Returns up to `count` ids and their cosines within `ROUNDING`, best first; fewer if that's all."""

    @abstractmethod
    def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[float32]]:
        """Returns the sound vectors of these ids, [width] each, of length 1; missing ones are left out."""

    @abstractmethod
    def ids(self) -> set[str]:
        """Returns all ids."""

    @abstractmethod
    def faults(self) -> dict[str, str]:
        """Returns the ids of what can't be found by its vector, and why: reads everything."""

    def settle(self) -> None:
        """Does now what the next search would have to wait for."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of files and connections; may be called more than once. A closed store can't be used."""

    # What all do.

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add_vectors(self, documents: Sequence[Document], vectors: ArrayLike, ids: Sequence[str]) -> None:
        """Writes documents whose vectors are known; of two with one id the later counts.

        Args:
            documents: as they come back; their own ids aren't looked at.
            vectors: [n, width], of any length but 0.
            ids: one a document.

        Raises:
            UsageError: if the numbers differ, or a vector, text, id or value of metadata can't be kept.
            OutOfSpace: if there is no room.
            HomespunError: if the store can't be written.
        """
        import numpy as np

        rows = np.asarray(vectors, dtype=np.float32)
        if len(documents) != len(ids) or len(rows) != len(ids):
            raise UsageError(
                f"{len(documents)} documents, {len(rows)} vectors, {len(ids)} ids: as many are needed."
            )
        if not len(ids):
            return
        if rows.ndim != 2:
            raise UsageError(f"Vectors are needed as a table, [n, width], not of shape {list(rows.shape)}.")
        kept = [_kept(one, document) for one, document in zip(ids, documents, strict=True)]
        last = sorted({one: place for place, one in enumerate(ids)}.values())
        self._put(
            [kept[place] for place in last],
            _units(rows[last], [f"The vector of {ids[place]}" for place in last]),
        )

    def add_documents(self, documents: list[Document], **kwargs: Any) -> list[str]:
        """Embeds and writes documents; returns their ids.

        Args:
            documents: not changed.
            **kwargs: `ids`, which go before the documents' own; what has none gets a new one.

        Raises:
            UsageError: as `add_vectors` says, or without embeddings.
        """
        ids: Sequence[str | None] | None = kwargs.pop("ids", None)
        _nothing_else(kwargs)
        given = [document.id for document in documents] if ids is None else list(ids)
        if len(given) != len(documents):
            raise UsageError(f"{len(documents)} documents and {len(given)} ids: one id a document is needed.")
        made = [one if one is not None else uuid.uuid4().hex for one in given]
        if documents:
            vectors = self._asked().embed_documents([document.page_content for document in documents])
            self.add_vectors(documents, vectors, made)
        return made

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Does what `add_documents` does, with texts and their metadata."""
        given = list(texts)
        if metadatas and len(metadatas) != len(given):
            raise UsageError(f"{len(given)} texts and {len(metadatas)} metadatas: one a text is needed.")
        about: Sequence[Mapping[str, Any]] = metadatas or [{}] * len(given)
        documents = [
            Document(page_content=text, metadata=dict(one or {}))
            for text, one in zip(given, about, strict=True)
        ]
        return self.add_documents(documents, ids=ids, **kwargs)

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> Self:
        """Opens a store with `kwargs` and adds texts to it; see `add_texts`."""
        store = cls(embeddings=embedding, **kwargs)
        try:
            store.add_texts(texts, metadatas, ids=ids)
        except BaseException:
            store.close()
            raise
        return store

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """Returns what is there of these, each once, in the order in which it's asked for."""
        asked = list(dict.fromkeys(ids))
        found = self._documents(asked) if asked else {}
        return [found[one] for one in asked if one in found]

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool:
        """Removes documents by id, as LangChain has it: None removes all. What isn't there is no error.

        Raises:
            HomespunError: if the store can't be written.
        """
        _nothing_else(kwargs)
        if ids is None or len(ids):
            self._remove(None if ids is None else list(dict.fromkeys(ids)))
        return True

    def nearest(
        self,
        vector: ArrayLike,
        k: int,
        filter: Filter | None = None,  # noqa: A002
    ) -> list[tuple[str, float]]:
        """Returns the ids nearest to a vector and their cosines, best first; equal ones by id.

        Args:
            vector: [width], of any length but 0.
            k: how many, at most.
            filter: which documents count; see `rag.stores.filters`.

        Raises:
            UsageError: if the vector is of another width, zero or not finite, or the filter isn't one.
        """
        unit = _unit(vector)
        if filter is not None:
            parse(filter)
        if k < 1:
            return []
        count = k + SPARE
        while True:
            found = self._candidates(unit, count, filter or None)
            cosines = self.score(unit, [one for one, _ in found])
            best = sorted(cosines.items(), key=lambda pair: (-pair[1], pair[0]))
            # What wasn't found is no nearer than the last that was, unless by rounding.
            if len(found) < count or (len(best) >= k and found[-1][1] < best[k - 1][1] - ROUNDING):
                return best[:k]
            count *= 4

    def score(self, vector: ArrayLike, ids: Sequence[str]) -> dict[str, float]:
        """Returns the exact cosines of these ids with a vector; missing ones are left out.

        Raises:
            UsageError: if the vector is of another width, zero or not finite.
        """
        import numpy as np

        unit = _unit(vector).astype(np.float64)
        found = self.vectors(ids)
        if not found:
            return {}
        rows = np.stack(list(found.values())).astype(np.float64)
        if rows.shape[1] != len(unit):
            raise UsageError(f"The vector has {len(unit)} numbers, and those in the store {rows.shape[1]}.")
        # Summed row by row, so that a cosine doesn't depend on what else is asked for.
        cosines = (rows * unit).sum(1) / np.sqrt((rows * rows).sum(1) * (unit * unit).sum())
        return dict(zip(found, np.clip(cosines, -1, 1).tolist(), strict=True))

    def similarity_search_with_score_by_vector(
        self,
        embedding: ArrayLike,
        k: int = 4,
        filter: Filter | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> list[tuple[Document, float]]:
        """Returns the `k` documents nearest to a vector, and their cosines; see `nearest`."""
        _nothing_else(kwargs)
        best = self.nearest(embedding, k, filter)
        found = self._documents([one for one, _ in best]) if best else {}
        return [(found[one], cosine) for one, cosine in best if one in found]

    def similarity_search_by_vector(
        self, embedding: list[float], k: int = 4, **kwargs: Any
    ) -> list[Document]:
        """Returns the `k` documents nearest to a vector; `filter` may be given."""
        return [
            document for document, _ in self.similarity_search_with_score_by_vector(embedding, k, **kwargs)
        ]

    def similarity_search_with_score(
        self, query: str, k: int = 4, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """Returns the `k` documents nearest to a text, and their cosines; `filter` may be given."""
        return self.similarity_search_with_score_by_vector(self._asked().embed_query(query), k, **kwargs)

    def similarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[Document]:
        """Returns the `k` documents nearest to a text; `filter` may be given."""
        return [document for document, _ in self.similarity_search_with_score(query, k, **kwargs)]

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        **kwargs: Any,
    ) -> list[Document]:
        """Returns `k` of the `fetch_k` documents nearest to a vector that aren't all alike.

        Args:
            embedding: the vector.
            k: how many, at most.
            fetch_k: among how many they're chosen; not less than `k`.
            lambda_mult: from 0, being different counts, to 1, being near counts.
            **kwargs: `filter`.

        Raises:
            UsageError: if `lambda_mult` is outside, or as `nearest` says.
        """
        import numpy as np

        narrowed: Filter | None = kwargs.pop("filter", None)
        _nothing_else(kwargs)
        if not 0 <= lambda_mult <= 1:
            raise UsageError(f"lambda_mult is {lambda_mult}, and has to be from 0 to 1.")
        best = [one for one, _ in self.nearest(embedding, max(k, fetch_k) if k > 0 else 0, narrowed)]
        found = self.vectors(best)
        best = [one for one in best if one in found]
        if not best:
            return []
        rows = np.stack([found[one] for one in best])
        chosen = diverse(rows @ _unit(embedding), rows, k, lambda_mult)
        return self.get_by_ids([best[place] for place, _ in chosen])

    def max_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        **kwargs: Any,
    ) -> list[Document]:
        """Does what `max_marginal_relevance_search_by_vector` does, for a text."""
        vector = self._asked().embed_query(query)
        return self.max_marginal_relevance_search_by_vector(vector, k, fetch_k, lambda_mult, **kwargs)

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        """Relevance is the cosine, and 0 where that is negative."""
        return lambda cosine: max(0.0, cosine)

    def _asked(self) -> Embeddings:
        if self._embeddings is None:
            raise UsageError("The store was opened without embeddings, so it can only be asked with vectors.")
        return self._embeddings


def _nothing_else(kwargs: Mapping[str, Any]) -> None:
    if kwargs:
        raise UsageError(f"Vector stores know no option {', '.join(sorted(kwargs))}.")


def _kept(one: str, document: Document) -> Document:
    if not isinstance(one, str) or not one:
        raise UsageError(f"An id is a string that isn't empty, not {one!r}.")
    check_text(one, f"The id {one!a}")
    check_text(document.page_content, f"The text of {one}")
    metadata = {}
    for key, value in document.metadata.items():
        where = f"{key!a} in the metadata of {one}"
        if not isinstance(key, str) or not key or key.startswith("$"):
            raise UsageError(
                f"{where} can't be a name: it has to be a string, not empty and without $ in front."
            )
        check_text(key, where)
        if value is not None:
            metadata[key] = check_scalar(value, where)
    return Document(id=one, page_content=document.page_content, metadata=metadata)


def _unit(vector: ArrayLike) -> NDArray[float32]:
    import numpy as np

    row = np.asarray(vector, dtype=np.float32)
    if row.ndim != 1 or not len(row):
        raise UsageError(f"A vector is needed, [width], not something of shape {list(row.shape)}.")
    unit: NDArray[float32] = _units(row[None], ["The vector that is asked for"])[0]
    return unit


def _units(rows: NDArray[float32], names: Sequence[str]) -> NDArray[float32]:
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.sqrt(np.square(rows, dtype=np.float64).sum(1))
    bad = np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0)))
    if len(bad):
        what = "is zero" if lengths[bad[0]] == 0 else "isn't finite"
        raise UsageError(f"{names[bad[0]]} {what}, so it has no direction.")
    units: NDArray[float32] = (rows / lengths[:, None]).astype(np.float32)
    return units
