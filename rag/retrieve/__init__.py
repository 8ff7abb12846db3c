"""Ways of searching a collection: name → what makes a retriever of ``collection=`` and fields.

Contract: each is a LangChain `BaseRetriever`; they compose (`rag.retrieve.mmr`, `window`, `rerank`, `several`
and `threshold` take any retriever of ours as `base`). Every document that is found says why in its metadata:
`scores` and `ranks`, by arm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from homespun.names import Table

if TYPE_CHECKING:
    from rag.retrieve.base import Retriever

RETRIEVERS: Table[Callable[..., Retriever]] = Table(
    "way of searching",
    {
        "hybrid": "rag.retrieve.hybrid:HybridRetriever",
        "bm25": "rag.retrieve.bm25:BM25Retriever",
        "dense": "rag.retrieve.dense:DenseRetriever",
        "rrf": "rag.retrieve.hybrid:by_ranks",
        "mmr": "rag.retrieve.mmr:over_hybrid",
    },
)
