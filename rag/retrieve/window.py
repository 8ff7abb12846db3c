"""More of what stands around a chunk: small chunks are found well, larger ones are read well."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from pydantic import Field

from rag.library.collection import Collection
from rag.retrieve.base import Retriever, with_why


class WindowRetriever(Retriever):
    """Gives each document that another retriever finds with its neighbours in the same section.

    What overlaps becomes one document, at the place of the better one, so a text is never given twice. Its
    text is still a slice of its source's, from `start` to `end`.

    Attributes:
        base: who finds.
        collection: where the neighbours are.
        before: how many chunks before.
        after: how many chunks after.
    """

    base: Retriever
    collection: Collection
    before: int = Field(default=1, ge=0)
    after: int = Field(default=1, ge=0)

    def find(
        self, query: str, k: int, where: dict[str, Any] | None, run: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        """Returns at most k documents, as what overlaps is joined."""
        config = {"callbacks": run.get_child()}
        found = self.base.invoke(query, config, k=k, filter=where)  # type: ignore[arg-type]
        chunks: dict[str, list[Document]] = {}
        given: list[Document] = []
        for document in found:
            source = document.metadata["source"]
            if source not in chunks:
                chunks[source] = self.collection.chunks(source)
            wide = self._widened(document, chunks[source])
            place = len(given)
            # Joined, it may touch what it didn't touch before.
            while (at := next((n for n, other in enumerate(given) if _touch(wide, other)), None)) is not None:
                wide, place = self._joined(given.pop(at), wide), min(place, at)
            given.insert(place, wide)
        return [self._with_text(document) for document in given]

    def _widened(self, document: Document, chunks: list[Document]) -> Document:
        at = document.metadata["position"]
        near = [
            chunk
            for chunk in chunks[max(0, at - self.before) : at + self.after + 1]
            if chunk.metadata["section"] == document.metadata["section"]
        ]
        for chunk in near:
            document = self._joined(document, chunk)
        return document

    def _joined(self, first: Document, second: Document) -> Document:
        low, high = first.metadata, second.metadata
        wide = {
            **low,
            "start": min(low["start"], high["start"]),
            "end": max(low["end"], high["end"]),
        }
        if "source_start" in low and "source_start" in high:
            wide["source_start"] = min(low["source_start"], high["source_start"])
            wide["source_end"] = max(low["source_end"], high["source_end"])
        if "page" in low and "page" in high:
            wide["page"] = min(low["page"], high["page"])
        return Document(id=first.id, page_content=first.page_content, metadata=wide)

    def _with_text(self, document: Document) -> Document:
        start, end = document.metadata["start"], document.metadata["end"]
        if end - start == len(document.page_content):
            return with_why(document, {}, {})
        text = self.collection.text(document.metadata["source"]) or ""
        return Document(id=document.id, page_content=text[start:end], metadata=document.metadata)


def _touch(one: Document, other: Document) -> bool:
    a, b = one.metadata, other.metadata
    return bool(a["source"] == b["source"] and a["start"] < b["end"] and b["start"] < a["end"])
