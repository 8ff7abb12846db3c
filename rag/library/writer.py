"""How a collection is changed, so that a kill at any moment leaves the state before or the one after.

Contract: the manifest's transaction is the change. Before it ends, what is new lies in the vector store and
in a new folder of the lexical index, where nobody looks for it: what the manifest doesn't list isn't there
for readers. After it, what is old is removed. What a kill, or a disk without room, leaves behind either way
is removed by the next run, whether that changes anything or not.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.documents import Document

from homespun.errors import HomespunError
from homespun.files import no_space_is_clear, sweep
from rag.cache import CachedEmbeddings
from rag.lexical.files import CorruptIndex
from rag.lexical.index import LexicalIndex
from rag.library.change import Change
from rag.library.manifest import Manifest
from rag.library.records import Record
from rag.library.report import Progress, Report
from rag.library.units import indexed
from rag.parsed import Run
from rag.stores.base import Store

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

LEXICAL = "lexical"
STEP = 4096
"""Chunks that are embedded and written to the vector store together."""
MARK = ".unfinished"
"""A file that lies in the folder while there may be something to remove."""

OnProgress = Callable[[Progress], None]


class Draft:
    """What is done within one change: sources put and removed."""

    def __init__(self, change: Change) -> None:
        self.change = change
        """The transaction, for all else."""
        self.moved: set[str] = set()
        """Chunks that stay, whose place or title is another now."""
        self.changed = False
        """Whether readers will see anything else than before."""

    def put(
        self,
        record: Record,
        text: str,
        chunks: Sequence[Document],
        before: Mapping[str, Document],
        runs: Sequence[Run] = (),
    ) -> None:
        """Adds a source, or puts it in the place of what it was before."""
        self.changed = True
        self.change.put_chunks(self.change.put_source(record, text, runs), chunks)
        for chunk in chunks:
            old = before.get(str(chunk.id))
            if old is not None and old.metadata != chunk.metadata:
                self.moved.add(str(chunk.id))

    def remove(self, names: Sequence[str]) -> None:
        """Removes sources."""
        self.changed = self.changed or bool(names)
        self.change.remove_sources(names)


class Writer:
    """Changes one collection, whose lock must be held.

    Args:
        folder: of the collection.
        manifest: its records.
        store: its vectors.
        embeddings: of its chunks.
        facts: noted by the first change.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        store: Store,
        embeddings: CachedEmbeddings,
        facts: Mapping[str, str],
    ) -> None:
        self._folder, self._manifest, self._store = folder, manifest, store
        self._embeddings, self._facts = embeddings, facts

    def write(self, work: Callable[[Draft], None], report: Report, progress: OnProgress) -> None:
        """Does `work`, indexes what is new and makes all of it visible at once.

        Raises:
            HomespunError: nothing was changed; the line says why. Whatever the encoder raises is raised too.
        """
        embedded = self._embeddings.computed
        with no_space_is_clear(self._folder):
            (self._folder / MARK).touch()
        old = self._manifest.meta().get(LEXICAL)
        with self._manifest.change() as change:
            for key, value in self._facts.items():
                change.set(key, value)
            before = dict.fromkeys(change.ids())
            draft = Draft(change)
            work(draft)
            after = dict.fromkeys(change.ids())
            new = [one for one in after if one not in before]
            self._add(change, new, progress)
            if after.keys() != before.keys() or old is None:
                change.set(LEXICAL, self._lexical(change, old, before, after, new))
            change.put_moved(draft.moved)
            if draft.changed:
                change.set("generation", uuid.uuid4().hex)
            report.chunks, report.new_chunks = len(after), len(new)
        report.embedded = self._embeddings.computed - embedded
        # It's done: what can't be removed now is removed by the next run.
        with suppress(HomespunError, OSError):
            self.clean()

    def clean(self) -> None:
        """Removes what the manifest doesn't list, and brings the store's metadata up to date.

        Raises:
            HomespunError: something can't be written.
        """
        if not (self._folder / MARK).exists():
            return
        vectors = self._store.vectors(self._manifest.moved())
        moved = list(self._manifest.documents(list(vectors)).values())
        if moved:
            import numpy as np

            ids = [str(chunk.id) for chunk in moved]
            self._store.add_vectors(moved, np.stack([vectors[one] for one in ids]), ids)
        if self._manifest.moved():
            with self._manifest.change() as change:
                change.forget_moved()
        orphans = self._store.ids() - set(self._manifest.ids())
        if orphans:
            self._store.delete(sorted(orphans))
        clean_lexical(self._folder, self._manifest)
        (self._folder / MARK).unlink(missing_ok=True)

    def _add(self, change: Change, new: Sequence[str], progress: OnProgress) -> None:
        """Embeds what is new, and only then writes it to the store: searches have to pass over it there."""
        made: list[tuple[list[Document], NDArray[float32]]] = []
        for start in range(0, len(new), STEP):
            chunks = change.documents(new[start : start + STEP])

            def so_far(done: int, start: int = start) -> None:
                progress(Progress("embedding", start + done, len(new)))

            vectors = self._embeddings.embed([indexed(chunk) for chunk in chunks], so_far)
            made.append((chunks, vectors))
        progress(Progress("saving"))
        for chunks, vectors in made:
            self._store.add_vectors(chunks, vectors, [str(chunk.id) for chunk in chunks])
        self._store.settle()

    def _lexical(
        self,
        change: Change,
        old: str | None,
        before: Mapping[str, None],
        after: Mapping[str, None],
        new: Sequence[str],
    ) -> str:
        """Saves the lexical index of the new state; returns its folder's name."""
        name = uuid.uuid4().hex[:16]
        index: LexicalIndex | None = None
        if old is not None:
            with suppress(CorruptIndex):
                index = LexicalIndex.load(self._folder / LEXICAL / old)
            if index is not None and not before.keys() >= set(index.ids):
                index = None  # it's of another state
        if index is None:
            texts = {str(chunk.id): indexed(chunk) for chunk in change.documents(list(after))}
            index = LexicalIndex.build(texts, texts.values())
        else:
            held = set(index.ids)
            lacking = [*new, *(one for one in before if one not in held and one in after)]
            added = {str(chunk.id): indexed(chunk) for chunk in change.documents(lacking)}
            index = index.updated({one for one in held if one not in after}, added)
        with no_space_is_clear(self._folder):
            index.save(self._folder / LEXICAL / name)
        return name


def clean_lexical(folder: Path, manifest: Manifest) -> None:
    """Removes lexical indexes that the manifest doesn't name."""
    kept = manifest.meta().get(LEXICAL)
    place = folder / LEXICAL
    if place.is_dir():
        sweep(place)
        for left in place.iterdir():
            if left.name != kept:
                shutil.rmtree(left, ignore_errors=True)
