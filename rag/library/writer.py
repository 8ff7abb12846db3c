"""How a collection is changed, so that a kill at any moment leaves the state before or the one after.

Contract: the manifest's transaction is the change. Before it ends, what is new lies in the vector store and
in a new folder of the lexical index, where nobody looks for it: what the manifest doesn't list isn't there
for readers. After it, what is old is removed. What a kill leaves behind either way is removed by the next
change.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from langchain_core.documents import Document

from homespun.files import no_space_is_clear, sweep
from rag.cache import CachedEmbeddings
from rag.lexical.files import CorruptIndex
from rag.lexical.index import LexicalIndex
from rag.library.manifest import Change, Manifest, Record
from rag.library.report import Progress, Report
from rag.library.units import indexed
from rag.stores.base import Store

LEXICAL = "lexical"
STEP = 4096
"""Chunks that are embedded and written to the vector store together."""

Told = Callable[[Progress], None]


class Draft:
    """What is done within one change: sources put and removed."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self.moved: dict[str, Document] = {}
        """Chunks that stay, whose place or title is another now."""
        self.changed = False
        """Whether readers will see anything else than before."""

    def put(
        self, record: Record, text: str, chunks: Sequence[Document], before: Mapping[str, Document]
    ) -> None:
        """Adds a source, or puts it in the place of what it was before."""
        self.changed = True
        self._change.put_chunks(self._change.put_source(record, text), chunks)
        for chunk in chunks:
            old = before.get(str(chunk.id))
            if old is not None and old.metadata != chunk.metadata:
                self.moved[str(chunk.id)] = chunk

    def remove(self, names: Sequence[str]) -> None:
        """Removes sources."""
        self.changed = self.changed or bool(names)
        self._change.remove_sources(names)

    @property
    def change(self) -> Change:
        """The transaction, for all else."""
        return self._change


class Writer:
    """Changes one collection.

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

    def write(self, work: Callable[[Draft], None], report: Report, told: Told) -> None:
        """Does `work`, indexes what is new and makes all of it visible at once. The lock must be held.

        Raises:
            HomespunError: nothing was changed; the line says why.
        """
        embedded = self._embeddings.computed
        with self._manifest.change() as change:
            for key, value in self._facts.items():
                change.note(key, value)
            before = dict.fromkeys(change.ids())
            draft = Draft(change)
            work(draft)
            after = dict.fromkeys(change.ids())
            new = [one for one in after if one not in before]
            self._embed(change, new, told)
            told(Progress("saving"))
            self._store.settle()
            old = self._manifest.meta().get(LEXICAL) if before else None
            if after.keys() != before.keys() or old is None:
                change.set(LEXICAL, self._lexical(change, old, before, after, new))
            if draft.changed:
                change.set("generation", uuid.uuid4().hex)
            report.chunks, report.new_chunks = len(after), len(new)
        report.embedded = self._embeddings.computed - embedded
        self._clean(draft)

    def _embed(self, change: Change, new: Sequence[str], told: Told) -> None:
        for start in range(0, len(new), STEP):
            chunks = list(change.texts(new[start : start + STEP]))

            def so_far(done: int, start: int = start) -> None:
                told(Progress("embedding", start + done, len(new)))

            vectors = self._embeddings.embed([indexed(chunk) for chunk in chunks], so_far)
            self._store.add_vectors(chunks, vectors, [str(chunk.id) for chunk in chunks])

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
            texts = {str(chunk.id): indexed(chunk) for chunk in change.texts(list(after))}
            index = LexicalIndex.build(texts, texts.values())
        else:
            held = set(index.ids)
            added = {str(chunk.id): indexed(chunk) for chunk in change.texts([*new, *(before.keys() - held)])}
            index = index.updated({one for one in held if one not in after}, added)
        with no_space_is_clear(self._folder):
            index.save(self._folder / LEXICAL / name)
        return name

    def _clean(self, draft: Draft) -> None:
        """Removes what the manifest doesn't list, and brings the store's metadata up to date."""
        if draft.moved:
            vectors = self._store.vectors(list(draft.moved))
            moved = [chunk for one, chunk in draft.moved.items() if one in vectors]
            if moved:
                import numpy as np

                ids = [str(chunk.id) for chunk in moved]
                self._store.add_vectors(moved, np.stack([vectors[one] for one in ids]), ids)
        orphans = self._store.ids() - set(self._manifest.ids())
        if orphans:
            self._store.delete(sorted(orphans))
        clean_lexical(self._folder, self._manifest)


def clean_lexical(folder: Path, manifest: Manifest) -> None:
    """Removes lexical indexes that the manifest doesn't name."""
    kept = manifest.meta().get(LEXICAL)
    place = folder / LEXICAL
    if place.is_dir():
        sweep(place)
        for left in place.iterdir():
            if left.name != kept:
                shutil.rmtree(left, ignore_errors=True)
