"""Every way of searching passes LangChain's own tests of retrievers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.cross_encoders import BaseCrossEncoder
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

from rag import Library
from rag.library.collection import Collection
from rag.retrieve.bm25 import BM25Retriever
from rag.retrieve.dense import DenseRetriever
from rag.retrieve.hybrid import HybridRetriever
from rag.retrieve.mmr import MMRRetriever
from rag.retrieve.rerank import RerankRetriever
from rag.retrieve.several import MultiQueryRetriever
from rag.retrieve.threshold import ThresholdRetriever
from rag.retrieve.window import WindowRetriever

BIRDS = ("heron", "gannet", "wren", "osprey", "plover", "dunlin")


class _Length(BaseCrossEncoder):
    def score(self, text_pairs: list[tuple[str, str]]) -> list[float]:
        return [float(len(text)) for _, text in text_pairs]


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    """Six short documents, embedded by the shipped encoder."""
    library = Library(tmp_path_factory.mktemp("library"))
    made = library.collection("birds")
    made.add([Document(id=bird, page_content=f"The {bird} is a bird of this bay.") for bird in BIRDS])
    yield made
    library.close()


class _Tests(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _over(self, collection: Collection) -> None:
        self._collection = collection

    @property
    def retriever_query_example(self) -> str:
        return "Which bird lives in the bay?"

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"collection": self._collection}


class TestBM25(_Tests):
    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return BM25Retriever


class TestDense(_Tests):
    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return DenseRetriever


class TestHybrid(_Tests):
    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return HybridRetriever


class TestRrf(_Tests):
    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return HybridRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"collection": self._collection, "fusion": "rrf", "weights": {"bm25": 1.0, "dense": 1.0}}


class TestMmr(_Tests):
    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return MMRRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"base": HybridRetriever(collection=self._collection), "collection": self._collection}


class TestMultiQuery(_Tests):
    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return MultiQueryRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        base = HybridRetriever(collection=self._collection)
        return {"base": base, "queries": lambda query: [query.upper(), "wren"]}


class TestRerank(_Tests):
    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return RerankRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"base": HybridRetriever(collection=self._collection), "scorer": _Length()}


class TestThreshold(_Tests):
    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return ThresholdRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"base": HybridRetriever(collection=self._collection), "least": 0.1}


class TestWindow(_Tests):
    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return WindowRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"base": HybridRetriever(collection=self._collection), "collection": self._collection}


def test_every_row_of_the_table_makes_one(collection: Collection, tmp_path: Path) -> None:
    from rag.retrieve import RETRIEVERS

    for way in RETRIEVERS.listed():
        assert len(collection.retriever(way, k=2).invoke("a bird")) == 2, way
