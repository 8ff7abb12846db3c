"""The library as `evals.systems.Retrieval`: a corpus is a collection, indexed once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

from langchain_core.documents import Document

from homespun.settings import Settings

if TYPE_CHECKING:
    from evals.systems import Corpus, Ranked
    from rag.library.collection import Collection
    from rag.library.library import Library

FOLDER = "retrieval"
_CODE = ("rag", "rag.lexical", "rag.library", "rag.retrieve", "rag.stores")


class Retrievals:
    """One way of searching, a row of `rag.retrieve.RETRIEVERS`, over collections that are made of corpora.

    Args:
        library: where these collections lie.
        way: the row's name.
        model: what the vectors depend on.
    """

    def __init__(self, library: Library, way: str, model: str) -> None:
        self._library, self._way, self._model = library, way, model

    def index(self, corpus: Corpus) -> None:
        """Makes the collection of a corpus, unless it's there."""
        collection = self._collection(corpus)
        if collection.counts()[0] == len(corpus.passages):
            return
        collection.add(
            [
                Document(id=one, page_content=passage.text, metadata={"title": passage.title})
                for one, passage in corpus.passages.items()
            ]
        )

    def search(self, corpus: Corpus, queries: Sequence[str], k: int) -> list[list[Ranked]]:
        """Returns the best k passages for each query."""
        from evals.systems import Ranked

        retriever = self._collection(corpus).retriever(self._way, k=k)
        found = []
        for query in queries:
            ranking: list[Ranked] = []
            for document in retriever.invoke(query):
                arms = document.metadata["scores"]
                # By the places that the whole way gives: its score has many names.
                ranking.append(Ranked(document.metadata["source"], 1 / (len(ranking) + 1), arms))
            found.append(ranking)
        return found

    def _collection(self, corpus: Corpus) -> Collection:
        from evals.sample import digest

        # Another encoder's vectors are another collection.
        return self._library.collection(digest(corpus.fingerprint, self._model)[:32])


def open_retrievals(settings: Settings) -> Library:
    """Opens the library that holds the corpora of evaluations."""
    from rag.library.library import Library

    return Library(
        settings.folder.evals / FOLDER, encoder=settings.encoder, home=settings.home, threads=settings.threads
    )


def encoder_model(settings: Settings) -> str:
    """Returns what vectors depend on."""
    from rag.library.encoder import open_encoder

    return open_encoder(settings.encoder, settings.home, settings.threads).model


def retrieval_fingerprint(model: str, way: str) -> str:
    """Returns a hash of what a ranking depends on: the encoder, and the code that finds and fuses."""
    from evals.sample import digest

    code = {
        f"{package}/{file.name}": file.read_text(encoding="utf-8")
        for package in _CODE
        for file in files(package).iterdir()
        if file.name.endswith(".py") and (package != "rag" or file.name == "fusion.py")
    }
    return digest("retrieval", way, model, code)
