"""Vectors in Chroma: in a folder of this machine, or on a server.

Contract: Chroma computes no vectors here (its own function for that would fetch a model), reports nothing to
anybody and reads no file of settings. A write of many documents is several steps, each whole. A folder is for
one process at a time, as Chroma has it; a server is for any number. Reading makes no collection. Which
documents are found is approximate (HNSW); their scores are exact.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, final
from urllib.parse import urlsplit

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from homespun.errors import HomespunError, OutOfSpace, UsageError
from rag.stores.base import Store
from rag.stores.filters import Filter
from rag.stores.where import reserved, to_where

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

# Chroma's own values lose what stands apart from a crowd of equal vectors.
_EFFORT = {"ef_construction": 200, "ef_search": 200, "max_neighbors": 32}
_ASKED = 1000  # ids in one question: below the limit of parameters of the SQLite in Chroma
_NEEDED = 'Collections in Chroma need a package: pip install "homespun[chroma]".'


@final
class ChromaStore(Store):
    """A collection of Chroma's.

    Args:
        name: of the collection: 3 to 512 of letters, digits and ``. _ -``.
        embeddings: makes vectors of texts; None for a store that is only asked with vectors.
        folder: where it lies on this machine; made by the first write.
        url: or the server that has it, ``http://host:port``.
        read_only: whether writing is refused.
        model: the fingerprint of what makes the vectors; another's are refused.

    Raises:
        UsageError: without the package, unless one of `folder` and `url` is given, or if what is there is of
        another
            model or measure.
        HomespunError: if the server can't be reached, or the folder can't be read.
    """

    def __init__(
        self,
        name: str,
        embeddings: Embeddings | None = None,
        *,
        folder: Path | str | None = None,
        url: str | None = None,
        read_only: bool = False,
        model: str | None = None,
    ) -> None:
        super().__init__(embeddings)
        if (folder is None) == (url is None):
            raise UsageError("A store in Chroma needs a folder, or the address of a server, and not both.")
        self.name, self.model, self.read_only = name, model, read_only
        self._folder = None if folder is None else Path(folder).absolute()
        self._server = None if url is None else _server(url)
        self.place = f"Chroma at {url or self._folder}"
        self._lock = threading.RLock()
        self._client: Any = None
        self._closed = False
        try:
            import chromadb  # noqa: F401
        except ImportError as error:
            raise UsageError(_NEEDED) from error
        try:
            with self._collection() as collection:
                if collection is not None:
                    self._check_model(collection)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends the connection; Chroma's threads of this folder end with the last that uses it."""
        with self._lock:
            client, self._client, self._closed = self._client, None, True
            if client is not None:
                _hang_up(client)

    def ids(self) -> set[str]:
        """Returns all ids."""
        with self._collection() as collection:
            return set() if collection is None else set(collection.get(include=[])["ids"])

    def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[float32]]:
        """Returns the sound vectors of these ids, [width] each, of length 1; missing ones are left out."""
        import numpy as np

        found: dict[str, NDArray[float32]] = {}
        for part in self._parts(ids, ["embeddings"]):
            for one, vector in zip(part["ids"], part["embeddings"], strict=True):
                row = np.asarray(vector, dtype=np.float32)
                if _fault(row) is None:
                    found[one] = row / np.linalg.norm(row)
        return found

    def faults(self) -> dict[str, str]:
        """Returns the ids of what can't be found by its vector, and why: reads everything."""
        import numpy as np

        found: dict[str, str] = {}
        ids = sorted(self.ids())
        seen: set[str] = set()
        for part in self._parts(ids, ["embeddings"]):
            for one, vector in zip(part["ids"], part["embeddings"], strict=True):
                seen.add(one)
                why = "it has no vector" if vector is None else _fault(np.asarray(vector, dtype=np.float32))
                if why is not None:
                    found[one] = why
        return found | {one: "can't be read" for one in ids if one not in seen}

    def _put(self, documents: Sequence[Document], vectors: NDArray[float32]) -> None:
        for document in documents:
            for key in document.metadata:
                if reserved(key):
                    raise UsageError(
                        f"{key!r} in the metadata of {document.id} is a name that Chroma keeps to itself."
                    )
        with self._changing() as collection:
            self._check_width(collection, vectors.shape[1])
            size = min(_ASKED, self._client.get_max_batch_size())
            for start in range(0, len(documents), size):
                part = documents[start : start + size]
                ids = [document.id for document in part]
                before = collection.get(ids=ids, include=["metadatas"])
                old = dict(zip(before["ids"], before["metadatas"], strict=True))
                # Chroma adds to the metadata that is there; None takes a key out.
                metadatas = [
                    {**dict.fromkeys(old.get(document.id) or {}), **document.metadata} or None
                    for document in part
                ]
                collection.upsert(
                    ids=ids,
                    embeddings=vectors[start : start + size],
                    documents=[document.page_content for document in part],
                    metadatas=metadatas,
                )

    def _remove(self, ids: Sequence[str] | None) -> None:
        self._check_writable()
        with self._lock, self._collection() as collection:
            if collection is None:
                return
            if ids is None:  # and with it the width and the model
                self._client.delete_collection(self.name)
                return
            for start in range(0, len(ids), _ASKED):
                collection.delete(ids=list(ids[start : start + _ASKED]))

    def _documents(self, ids: Sequence[str]) -> dict[str, Document]:
        return {
            one: Document(id=one, page_content=text or "", metadata=dict(metadata or {}))
            for part in self._parts(ids, ["documents", "metadatas"])
            for one, text, metadata in zip(part["ids"], part["documents"], part["metadatas"], strict=True)
        }

    def _candidates(
        self,
        vector: NDArray[float32],
        count: int,
        filter: Filter | None,  # noqa: A002
    ) -> list[tuple[str, float]]:
        with self._collection() as collection:
            if collection is None or not collection.count():
                return []
            self._check_width(collection, len(vector))
            found = collection.query(
                query_embeddings=vector[None],
                n_results=count,
                where=to_where(filter) if filter else None,
                include=["distances"],
            )
        return [(one, 1 - away) for one, away in zip(found["ids"][0], found["distances"][0], strict=True)]

    def _parts(self, ids: Sequence[str], include: list[str]) -> Iterator[Any]:
        with self._collection() as collection:
            if collection is not None:
                for start in range(0, len(ids), _ASKED):
                    yield collection.get(ids=list(ids[start : start + _ASKED]), include=include)

    @contextmanager
    def _collection(self) -> Iterator[Any]:
        """The collection as it is now, None where there is none."""
        from chromadb.errors import NotFoundError

        with self._told():
            if self._folder is not None and not (self._folder / "chroma.sqlite3").is_file():
                self._check_open()
                yield None
                return
            try:
                found = self._connected().get_collection(self.name, embedding_function=None)
            except NotFoundError:
                found = None
            if found is not None:
                space = (found.configuration_json.get("hnsw") or {}).get("space", "cosine")
                if space != "cosine":
                    raise UsageError(
                        f"The collection {self.name} measures by {space}, and cosines are needed."
                    )
            yield found

    @contextmanager
    def _changing(self) -> Iterator[Any]:
        """The collection, made if need be, for one thread at a time."""
        self._check_writable()
        with self._lock, self._told():
            if self._folder is not None:
                self._folder.mkdir(parents=True, exist_ok=True)
            metadata = None if self.model is None else {"model": self.model}
            collection = self._connected().get_or_create_collection(
                self.name,
                embedding_function=None,
                metadata=metadata,
                configuration={"hnsw": {"space": "cosine", **_EFFORT}},
            )
            self._check_model(collection)
            if metadata and collection.metadata != metadata:
                collection.modify(metadata=metadata)
            yield collection

    def _connected(self) -> Any:
        import chromadb
        from chromadb.config import Settings

        with self._lock:
            self._check_open()
            if self._client is None:
                silent = Settings(  # whatever the environment or a file called .env says
                    _env_file=None,
                    anonymized_telemetry=False,
                    chroma_otel_collection_endpoint="",
                    chroma_otel_granularity="none",
                )
                if self._server is not None:
                    host, port, secure = self._server
                    self._client = chromadb.HttpClient(host, port, ssl=secure, settings=silent)
                else:
                    self._client = chromadb.PersistentClient(str(self._folder), settings=silent)
            return self._client

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turns errors of Chroma and of the way to it into a line for its user."""
        import httpx
        from chromadb.errors import ChromaError

        try:
            yield
        except httpx.HTTPError as error:
            raise HomespunError(f"{self.place} can't be reached: {error}. Is the server running?") from error
        except (ChromaError, ValueError, OSError) as error:
            said = str(error)
            if "disk is full" in said or "No space left" in said:
                raise OutOfSpace(f"{self.place} has no space left. Free some space and try again.") from error
            raise HomespunError(f"{self.place} says: {said}") from error
        except BaseException as error:
            if (
                type(error).__name__ != "PanicException"
            ):  # what its Rust part raises; no exception of Python's
                raise
            raise HomespunError(f"{self.place} can't be read: {error}") from error

    def _check_model(self, collection: Any) -> None:
        there = (collection.metadata or {}).get("model")
        if self.model is not None and there is not None and there != self.model and collection.count():
            raise UsageError(
                f"The vectors of {self.name} in {self.place} are of the model {there}, not of {self.model}. "
                "Index anew to change the model."
            )

    def _check_width(self, collection: Any, width: int) -> None:
        first = collection.get(limit=1, include=["embeddings"])["embeddings"]
        if len(first) and len(first[0]) != width:
            raise UsageError(
                f"The vector has {width} numbers, and those of {self.name} in {self.place} {len(first[0])}. "
                "Index anew to change that."
            )

    def _check_writable(self) -> None:
        self._check_open()
        if self.read_only:
            raise UsageError(f"{self.place} was opened for reading only.")

    def _check_open(self) -> None:
        if self._closed:
            raise UsageError(f"The store {self.name} in {self.place} is closed.")


def build(
    argument: str,
    *,
    folder: Path,
    name: str,
    embeddings: Embeddings | None,
    model: str | None,
    read_only: bool,
) -> Store:
    """Opens the collection `name` in `folder`, or on the server that `argument` is the address of."""
    if argument:
        return ChromaStore(name, embeddings, url=argument, model=model, read_only=read_only)
    return ChromaStore(name, embeddings, folder=folder, model=model, read_only=read_only)


def _server(url: str) -> tuple[str, int, bool]:
    """Returns host, port and whether it's encrypted.

    Raises:
        UsageError: if it isn't an address of a server.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise UsageError(f"A server of Chroma's is given as http://host:port, not {url!r}.")
    secure = parts.scheme == "https"
    return parts.hostname, port or (443 if secure else 8000), secure


def _hang_up(client: Any) -> None:
    """Closes a client, and the connections to a server, which it leaves open."""
    for part in (client, getattr(client, "_admin_client", None)):
        session = getattr(getattr(part, "_server", None), "_session", None)
        if session is not None:
            session.close()
    client.close()


def _fault(row: NDArray[float32]) -> str | None:
    import numpy as np

    if not np.isfinite(row).all():
        return "its vector isn't finite"
    return None if row.any() else "its vector is zero"
