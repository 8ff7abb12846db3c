"""A collection: documents that are searched together, indexed on disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from rag.library.indexing import Plan, Reading, origin_runs, plan, put_documents
from rag.library.lock import locked
from rag.library.manifest import Manifest, Record
from rag.library.report import Progress, Report
from rag.library.snapshot import Snapshot, Snapshots
from rag.library.writer import Draft, Told, Writer
from rag.load.sources import Limits
from rag.parsed import Origin, Page
from rag.trouble import ReadOnly

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

    from rag.cache import CachedEmbeddings
    from rag.chunk.chunker import Chunker
    from rag.library.verify import Fault
    from rag.retrieve.base import Retriever
    from rag.stores.base import Store
    from rag.stores.filters import Filter

_TRIES = 3


class Collection:
    """Made by `rag.Library`, which knows where it lies and who may read it.

    Any number of threads and processes may search one while another changes it; changes take turns.

    Args:
        name: for messages.
        folder: where it lies.
        embeddings: of its chunks and of questions.
        store: opens its vector store: called once, when it's needed.
        chunker: makes what cuts its sources up: called once, when it's needed.
        limits: of the files that are read.
        facts: what stays as it was when the collection was made: who embeds it, where its vectors lie, whose
            it is.
        writable: whether this user may change it.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        embeddings: CachedEmbeddings,
        store: Callable[[], Store],
        chunker: Callable[[], Chunker],
        limits: Limits | None = None,
        facts: Mapping[str, str] | None = None,
        writable: bool = True,
    ) -> None:
        self.name, self.folder = name, folder
        self._embeddings, self._open_store, self._make_chunker = embeddings, store, chunker
        self._limits, self._facts, self.writable = limits or Limits(), dict(facts or {}), writable
        self.manifest = Manifest(folder / "manifest.sqlite", keep=True)
        self._snapshots = Snapshots(folder, self.manifest)
        self._store: Store | None = None
        self._chunker: Chunker | None = None

    @property
    def root(self) -> Path:
        """The folder of the library that it's part of."""
        return self.folder.parents[1].absolute()

    # What is in it.

    def index(
        self,
        paths: Sequence[Path | str] = (),
        told: Told = lambda _: None,
        wait: float | None = None,
    ) -> Report:
        """Brings files and folders into the collection, or brings the collection up to date with them.

        Args:
            paths: files, folders, globs or zip archives; none: those that were indexed before.
            told: hears how far it is.
            wait: seconds to wait for another process that is changing the collection; None: as long as it
                takes.

        Raises:
            UsageError: there is no such path.
            ReadOnly: the collection's folder can't be written.
            OutOfSpace: there is no room; the collection is as it was.
        """
        began = time.perf_counter()
        report = Report(self.name)
        with self._mine(told, wait):
            chosen = list(paths) or self.roots()
            made = plan(chosen, self.manifest, self._limits, told, own=self.root, again=not paths)
            report.unchanged = made.unchanged
            report.skipped |= {**made.skipped, **made.again}
            if made.idle(self.roots()):
                report.chunks = self.manifest.counts()[1] if self.manifest.exists() else 0
            else:
                self._writer().write(self._reading(made, report, told), report, told)
        report.seconds = time.perf_counter() - began
        return report

    def add(self, documents: Sequence[Document], told: Told = lambda _: None) -> Report:
        """Puts documents into the collection as they are, one chunk each.

        A document's name is its id, else its metadata's `source`; one of the same name gives way.

        Raises:
            HomespunError: a document has no name, two have one, or its metadata hold more than plain values.
        """
        began = time.perf_counter()
        report = Report(self.name)
        with self._mine(told):
            self._writer().write(put_documents(documents, self.manifest, report), report, told)
        report.seconds = time.perf_counter() - began
        return report

    def remove(self, names: Sequence[str], told: Told = lambda _: None) -> Report:
        """Takes sources, or all of a path that was indexed, out of the collection; the files stay.

        Raises:
            UsageError: there is no such source or path.
        """
        from homespun.errors import UnknownName
        from homespun.names import unknown

        report = Report(self.name)
        with self._mine(told):
            known = self.manifest.known() if self.manifest.exists() else {}
            roots = set(self.roots())
            gone: dict[str, None] = {}
            for name in names:
                if name not in known and name not in roots:
                    raise UnknownName(unknown("source", name, [*known, *roots]))
                gone |= dict.fromkeys(
                    one
                    for one, record in known.items()
                    if one == name or (name in roots and record.root == name)
                )

            def work(draft: Draft) -> None:
                draft.remove(list(gone))
                for name in names:
                    draft.change.remove_root(name)

            self._writer().write(work, report, told)
            report.removed = list(gone)
        return report

    def roots(self) -> list[str]:
        """Returns the paths that were indexed."""
        return self.manifest.roots() if self.manifest.exists() else []

    def sources(self) -> list[Record]:
        """Returns what is in it, by name, with those that couldn't be read and why."""
        return self.manifest.records() if self.manifest.exists() else []

    def counts(self) -> tuple[int, int]:
        """Returns how many sources it has, and how many chunks."""
        return self.manifest.counts() if self.manifest.exists() else (0, 0)

    # What is said in it.

    def text(self, source: str) -> str | None:
        """Returns the text of a source as it was read: what chunks' `start` and `end` count in."""
        return self.manifest.text(source)

    def origin(self, source: str) -> Origin:
        """Returns the way from a source's text to its original."""
        return Origin(origin_runs(self._about(source).get("origin", [])))

    def pages(self, source: str) -> list[Page]:
        """Returns the pages of a source's text, if it has any."""
        return [Page(*values) for values in self._about(source).get("pages", [])]

    def chunks(self, source: str) -> list[Document]:
        """Returns the chunks of a source, in order."""
        return self.manifest.chunks_of(source)

    def documents(self, ids: Sequence[str]) -> dict[str, Document]:
        """Returns chunks by their ids; those that there aren't any more are left out."""
        return self.manifest.documents(ids)

    def _about(self, source: str) -> Mapping[str, Any]:
        record = self.manifest.record(source)
        return {} if record is None else record.about

    # Searching.

    def retriever(self, way: str = "hybrid", **fields: Any) -> Retriever:
        """Returns what searches the collection: a row of `rag.retrieve.RETRIEVERS`, with its fields set.

        Raises:
            UnknownName: there is no such way.
        """
        from rag.retrieve import RETRIEVERS

        return RETRIEVERS[way](collection=self, **fields)

    @property
    def embeddings(self) -> Embeddings:
        """Whoever embeds chunks and questions."""
        return self._embeddings

    @property
    def store(self) -> Store:
        """The vectors."""
        if self._store is None:
            self._store = self._open_store()
        return self._store

    def nearest(
        self, vector: NDArray[float32], k: int, asked: Filter | None = None
    ) -> list[tuple[str, float]]:
        """Returns the k chunks that are nearest to a vector, with their cosines, best first."""
        for _ in range(_TRIES):
            snapshot = self._snapshots.newest()
            if not snapshot.ids or k < 1:
                return []
            wanted = k
            while True:
                # Others may just be writing what isn't there yet.
                found = self.store.nearest(vector, wanted, asked)
                kept = [(one, score) for one, score in found if one in snapshot.ids]
                if len(kept) >= k or len(found) < wanted:
                    break
                wanted *= 2
            if self.manifest.generation() == snapshot.generation:
                break
        return kept[:k]

    def by_words(self, query: str, k: int, asked: Filter | None = None) -> list[tuple[str, float]]:
        """Returns the k chunks that BM25 finds for a query, with their scores, best first."""
        snapshot = self._snapshots.newest()
        if k < 1:
            return []
        allowed = frozenset(self.manifest.ids(asked)) if asked else None
        return snapshot.lexical.top(query, k, allowed)

    def word_scores(self, query: str, ids: Sequence[str]) -> dict[str, float]:
        """Returns the BM25 scores of given chunks."""
        return self._snapshots.newest().lexical.score(query, ids)

    @property
    def snapshot(self) -> Snapshot:
        """The state of now."""
        return self._snapshots.newest()

    # Keeping it whole.

    def verify(self, deep: bool = False, told: Told = lambda _: None) -> list[Fault]:
        """Compares records, vectors and lexical index; see `rag.library.verify`."""
        from rag.library.verify import Check

        with ExitStack() as stack:
            # Else what another process is just writing would look like a fault.
            with suppress(ReadOnly):
                stack.enter_context(locked(self.folder, lambda: told(Progress("waiting"))))
            return Check(self.folder, self.manifest, self.store, self._embeddings, told).faults(deep=deep)

    def repair(self, told: Told = lambda _: None) -> list[Fault]:
        """Mends what `verify` finds, from what is whole; returns what it found."""
        from rag.library.verify import Check

        with self._mine(told):
            return Check(self.folder, self.manifest, self.store, self._embeddings, told).repair()

    def close(self) -> None:
        """Closes what is open."""
        self.manifest.close()
        if self._store is not None:
            self._store.close()
            self._store = None

    def _reading(self, made: Plan, report: Report, told: Told) -> Reading:
        if self._chunker is None:
            self._chunker = self._make_chunker()
        return Reading(made, self.manifest, self._chunker, report, told)

    def _writer(self) -> Writer:
        return Writer(self.folder, self.manifest, self.store, self._embeddings, self._facts)

    @contextmanager
    def _mine(self, told: Told, wait: float | None = None) -> Iterator[None]:
        if not self.writable:
            raise ReadOnly(f"{self.name} is another user's: it can be searched and not changed.")
        with locked(self.folder, lambda: told(Progress("waiting")), wait):
            yield
