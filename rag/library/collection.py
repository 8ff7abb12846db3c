"""A collection: documents that are searched together, indexed on disk."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from homespun.errors import HomespunError, UnknownName, UsageError
from homespun.names import unknown
from rag.errors import Corrupt, ReadOnly
from rag.library.indexing import Reading, plan, put_documents
from rag.library.lock import locked
from rag.library.manifest import Manifest
from rag.library.records import Record
from rag.library.report import Progress, Report
from rag.library.snapshot import Snapshots
from rag.library.writer import LEXICAL, MARK, Draft, OnProgress, Writer
from rag.load.sources import Limits, absolute
from rag.parsed import Origin, Page

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

    from rag.cache import CachedEmbeddings
    from rag.chunk.chunker import Chunker
    from rag.library.verify import Check, Fault
    from rag.retrieve.base import Retriever
    from rag.stores.base import Store
    from rag.stores.filters import Filter

MANIFEST, VECTORS = "manifest.sqlite", "vectors"
"""Names in a collection's folder."""
_TRIES = 3


class Collection:
    """Made by `rag.Library`, which knows where it lies and who may read it.

    Any number of threads and processes may search one while another changes it; changes take turns.

    Args:
        name: for messages.
        folder: where it lies.
        embeddings: of its chunks and of questions.
        store: opens its vector store by the collection's facts, when it's needed.
        chunker: makes what cuts its sources up, when it's needed.
        facts: what stays as it was when the collection was made: who embeds it, where its vectors lie, whose
            it is.
        limits: of the files that are read.
        writable: whether this user may change it.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        embeddings: CachedEmbeddings,
        store: Callable[[Mapping[str, str]], Store],
        chunker: Callable[[], Chunker],
        facts: Mapping[str, str],
        limits: Limits | None = None,
        *,
        writable: bool = True,
    ) -> None:
        self.name, self.folder, self.writable = name, folder, writable
        self.facts = dict(facts)
        self._embeddings, self._open_store, self._make_chunker = embeddings, store, chunker
        self._limits = limits or Limits()
        self.manifest = Manifest(folder / MANIFEST, keep=True)
        self._snapshots = Snapshots(folder, self.manifest, lambda: self.facts["place"])
        self._opening = threading.Lock()
        self._store: Store | None = None

    @property
    def root(self) -> Path:
        """The folder of the library that it's part of."""
        return self.folder.parents[1].absolute()

    # What is in it.

    def index(
        self,
        paths: Sequence[Path | str] = (),
        progress: OnProgress = lambda _: None,
        *,
        fresh: bool = False,
        wait: float | None = None,
    ) -> Report:
        """Brings files and folders into the collection, or brings the collection up to date with them.

        Args:
            paths: files, folders, globs or zip archives; none: those that were indexed before.
            progress: hears how far it is.
            fresh: whether all of it is read anew, also what looks unchanged.
            wait: seconds to wait for another process that is changing the collection; None: as long as it
                takes.

        Raises:
            UsageError: there is no such path.
            ReadOnly: the collection's folder can't be written.
            OutOfSpace: there is no room; the collection is as it was.
        """
        began = time.perf_counter()
        report = Report(self.name)
        with self._mine(progress, wait):
            chosen = list(paths) or self.roots()
            made = plan(
                chosen,
                self.manifest,
                self._limits,
                progress,
                own=self.root,
                again=not paths,
                fresh=fresh,
            )
            report.unchanged = made.unchanged
            report.skipped |= {**made.skipped, **made.again}
            if made.idle(self.roots()):
                report.chunks = self.counts()[1]
                self._clean()
            else:
                reading = Reading(made, self.manifest, self._make_chunker(), report, progress, fresh=fresh)
                self._writer().write(reading, report, progress)
        report.seconds = time.perf_counter() - began
        return report

    def add(self, documents: Sequence[Document], progress: OnProgress = lambda _: None) -> Report:
        """Puts documents into the collection as they are, one chunk each.

        A document's name is its id, else its metadata's `source`; one of the same name gives way.

        Raises:
            HomespunError: a document has no name, two have one, or its metadata hold more than plain values.
        """
        began = time.perf_counter()
        report = Report(self.name)
        with self._mine(progress):
            self._writer().write(put_documents(documents, self.manifest, report), report, progress)
        report.seconds = time.perf_counter() - began
        return report

    def remove(self, names: Sequence[str], progress: OnProgress = lambda _: None) -> Report:
        """Takes sources, or all of a path that was indexed, out of the collection; the files stay.

        Raises:
            UsageError: there is no such source or path.
        """
        report = Report(self.name)
        with self._mine(progress):
            known, roots = self.manifest.known(), set(self.roots())
            gone: dict[str, None] = {}
            # As it's listed, or as a path from here.
            names = [name if name in known or name in roots else absolute(name) for name in names]
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

            self._writer().write(work, report, progress)
            report.removed = list(gone)
        return report

    def roots(self) -> list[str]:
        """Returns the paths that were indexed."""
        return self.manifest.roots()

    def sources(self) -> list[Record]:
        """Returns what is in it, by name, with those that couldn't be read and why."""
        return self.manifest.records()

    def counts(self) -> tuple[int, int]:
        """Returns how many sources it has, and how many chunks."""
        return self.manifest.counts()

    # What is said in it.

    def text(self, source: str) -> str | None:
        """Returns the text of a source as it was read: what chunks' `start` and `end` count in."""
        return self.manifest.text(source)

    def origin(self, source: str) -> Origin:
        """Returns the way from a source's text to its original."""
        return Origin(self.manifest.runs(source))

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
        with self._opening:
            if self._store is None:
                self._store = self._open_store(self.facts)
            return self._store

    def nearest(
        self, vector: NDArray[float32], k: int, where: Filter | None = None
    ) -> list[tuple[str, float]]:
        """Returns the k chunks that are nearest to a vector, with their cosines, best first."""
        kept: list[tuple[str, float]] = []
        for _ in range(_TRIES):
            snapshot = self._snapshots.newest()
            if not snapshot.ids or k < 1:
                return []
            # What the store lets through may be of another state by an instant.
            allowed = self._snapshots.allowed(where) if where else snapshot.ids
            wanted = k
            while True:
                found = self.store.nearest(vector, wanted, where)
                kept = [(one, score) for one, score in found if one in allowed]
                if len(kept) >= k or len(found) < wanted:
                    break
                wanted *= 4
            if self.manifest.generation() == snapshot.generation:
                break
        if not kept and not where and not self.store.ids() & snapshot.ids:
            raise Corrupt(f"The chunks of {self.name} have no vectors: `homespun index --repair` makes them.")
        return kept[:k]

    def by_words(self, query: str, k: int, where: Filter | None = None) -> list[tuple[str, float]]:
        """Returns the k chunks that BM25 finds for a query, with their scores, best first."""
        snapshot = self._snapshots.newest()
        if k < 1:
            return []
        return snapshot.lexical.top(query, k, self._snapshots.allowed(where) if where else None)

    def word_scores(self, query: str, ids: Sequence[str]) -> dict[str, float]:
        """Returns the BM25 scores of given chunks."""
        return self._snapshots.newest().lexical.score(query, ids)

    # Keeping it whole.

    def verify(self, deep: bool = False, progress: OnProgress = lambda _: None) -> list[Fault]:
        """Compares records, vectors and lexical index; see `rag.library.verify`."""
        with ExitStack() as stack:
            # Else what another process is just writing would look like a fault.
            with suppress(ReadOnly):
                stack.enter_context(locked(self.folder, lambda: progress(Progress("waiting"))))
            return self._check(progress).faults(deep=deep)

    def repair(self, progress: OnProgress = lambda _: None) -> list[Fault]:
        """Mends what `verify` finds, from what is whole; returns what it found."""
        with self._mine(progress):
            self._clean()
            return self._check(progress).repair()

    def close(self) -> None:
        """Closes what is open."""
        self.manifest.close()
        self._let_go()

    def _let_go(self) -> None:
        """Closes the store; it's opened again when it's needed."""
        with self._opening:
            if self._store is not None:
                self._store.close()
                self._store = None

    def _check(self, progress: OnProgress) -> Check:
        from rag.library.verify import Check

        return Check(self.folder, self.manifest, lambda: self.store, self._embeddings, progress, self._renew)

    def _renew(self) -> None:
        """Throws a store away whose files can't be read."""
        self._let_go()
        shutil.rmtree(self.folder / VECTORS, ignore_errors=True)
        self.store.delete()  # what lies on a server is still there

    def _clean(self) -> None:
        """Removes what a run that was stopped left, if there is any: its mark tells."""
        if (self.folder / MARK).exists():
            with suppress(HomespunError, OSError):
                self._writer().clean()

    def _writer(self) -> Writer:
        return Writer(self.folder, self.manifest, self.store, self._embeddings, self.facts)

    @contextmanager
    def _mine(self, progress: OnProgress, wait: float | None = None) -> Iterator[None]:
        """Holds the lock, and takes up the facts that another process may have laid down meanwhile."""
        if not self.writable:
            raise ReadOnly(f"{self.name} is another user's: it can be searched and not changed.")
        with locked(self.folder, lambda: progress(Progress("waiting")), wait):
            meta = self.manifest.meta()
            if not meta:
                # Nothing here is of any collection: whoever began one was stopped.
                self._let_go()
                for left in (VECTORS, LEXICAL):
                    shutil.rmtree(self.folder / left, ignore_errors=True)
            elif meta["model"] != self.facts["model"]:
                raise UsageError(
                    f"{self.name} was embedded by {meta['encoder']}, not by {self.facts['encoder']}. Delete "
                    "it and index its files again."
                )
            elif meta["place"] != self.facts["place"]:
                self.close()
                self.facts = {key: meta[key] for key in self.facts}
            yield
