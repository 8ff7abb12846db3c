"""Is a collection whole? Its records, vectors and lexical index are compared, and mended from what is whole.

Contract: the records are what is believed: their chunks' texts hold all that is needed to make vectors and
the lexical index again. Where the records themselves are damaged, that's told, and nothing is mended.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from langchain_core.documents import Document

from rag.cache import CachedEmbeddings
from rag.errors import Corrupt
from rag.lexical.files import CorruptIndex
from rag.lexical.index import LexicalIndex
from rag.library.manifest import Manifest
from rag.library.report import Progress
from rag.library.units import indexed, named
from rag.library.writer import LEXICAL, STEP, OnProgress, clean_lexical
from rag.stores.base import Store

SHOWN = 3
SAMPLE = 200
"""Vectors that a deep look computes again."""
COSINE = 0.99
"""Below it a vector isn't that of its text. Ways of running the encoder differ by less than 0.005."""


@dataclass(frozen=True)
class Fault:
    """One kind of trouble.

    Attributes:
        part: "records", "vectors" or "lexical".
        what: is wrong, in words.
        ids: of the chunks that it's about; empty where it's about the whole.
        mendable: whether `repair` mends it.
    """

    part: str
    what: str
    ids: tuple[str, ...] = ()
    mendable: bool = True

    def __str__(self) -> str:
        if not self.ids:
            return f"{self.part}: {self.what}"
        shown = ", ".join(self.ids[:SHOWN]) + (", …" if len(self.ids) > SHOWN else "")
        return f"{self.part}: {len(self.ids)} {self.what} ({shown})"


class Check:
    """Looks at one collection.

    Args:
        folder: of the collection.
        manifest: its records.
        store: opens its vectors, which may fail.
        embeddings: to make vectors again.
        progress: hears how far it is.
        renew: throws the vector store's files away, so that it's empty when it's opened again.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        store: Callable[[], Store],
        embeddings: CachedEmbeddings,
        progress: OnProgress,
        renew: Callable[[], None],
    ) -> None:
        self._folder, self._manifest, self._open = folder, manifest, store
        self._embeddings, self._progress, self._renew = embeddings, progress, renew

    def faults(self, deep: bool = False) -> list[Fault]:
        """Returns what is wrong, nothing if all is well.

        Args:
            deep: also compute some vectors again, and hash the lexical index's files.

        Raises:
            Corrupt: the records can't be read at all.
        """
        if not self._manifest.exists():
            return []
        self._progress(Progress("checking"))
        broken = self._unreadable()
        if broken is not None:
            return [broken]  # without the records there is nothing to compare with
        ids = self._manifest.ids()
        try:
            vectors = self._vectors(ids, deep)
        except Corrupt as error:
            vectors = [Fault("vectors", f"the file is damaged: {error}")]
        return [*self._altered(), *vectors, *self._lexical(ids, deep)]

    def repair(self) -> list[Fault]:
        """Mends what can be mended; the collection's lock must be held. Returns what was wrong."""
        found = self.faults(deep=True)
        mendable = [fault for fault in found if fault.mendable]
        ids = self._manifest.ids() if mendable else []
        vectors = [fault for fault in mendable if fault.part == "vectors"]
        try:
            if any(not fault.ids for fault in vectors):
                raise Corrupt("The vectors can't be read.")
            again = {one for fault in vectors for one in fault.ids}
            self._store.delete(sorted(again))
            self._embed([one for one in ids if one in again])
        except Corrupt:
            # A file that can't be read can't be mended row by row either.
            self._renew()
            self._embed(ids)
        if any(fault.part == "lexical" for fault in mendable):
            self._progress(Progress("saving"))
            name = uuid.uuid4().hex[:16]
            texts = {str(chunk.id): indexed(chunk) for chunks in self._chunks(ids) for chunk in chunks}
            LexicalIndex.build(texts, texts.values()).save(self._folder / LEXICAL / name)
            with self._manifest.change() as change:
                change.set(LEXICAL, name)
                change.forget_moved()
                change.set("generation", uuid.uuid4().hex)
        if self._manifest.exists():
            clean_lexical(self._folder, self._manifest)
        return found

    @property
    def _store(self) -> Store:
        return self._open()

    def _embed(self, ids: Sequence[str]) -> None:
        done = 0
        for chunks in self._chunks(ids):
            # What is kept may be what was wrong.
            vectors = self._embeddings.embed([indexed(chunk) for chunk in chunks], again=True)
            self._store.add_vectors(chunks, vectors, [str(chunk.id) for chunk in chunks])
            done += len(chunks)
            self._progress(Progress("embedding", done, len(ids)))

    def _unreadable(self) -> Fault | None:
        """What of the records can't be read, if anything."""
        said = self._manifest.faults()
        if said:
            return Fault("records", f"the file is damaged: {said[0]}", mendable=False)
        names = []
        for name in self._manifest.known():
            try:
                self._manifest.record(name)
                self._manifest.runs(name)
                self._manifest.text(name)
                self._manifest.chunks_of(name)
            except Corrupt:
                names.append(name)
        if not names:
            return None
        what = "sources can't be read: remove these, index again"
        return Fault("records", what, tuple(names), mendable=False)

    def _altered(self) -> list[Fault]:
        """Chunks that aren't what their sources say."""
        odd: list[str] = []
        for name in self._manifest.known():
            chunks, text = self._manifest.chunks_of(name), self._manifest.text(name) or ""
            expected = [chunk.id for chunk in named(name, chunks)]
            odd += [
                str(chunk.id)
                for chunk, one in zip(chunks, expected, strict=True)
                if chunk.id != one
                or text[chunk.metadata["start"] : chunk.metadata["end"]] != chunk.page_content
            ]
        if not odd:
            return []
        what = "chunks aren't what their sources say: index these with --fresh"
        return [Fault("records", what, tuple(odd), mendable=False)]

    def _vectors(self, ids: Sequence[str], deep: bool) -> list[Fault]:
        held, listed = self._store.ids(), set(ids)
        found = []
        missing = [one for one in ids if one not in held]
        if missing:
            found.append(Fault("vectors", "chunks have no vector", tuple(missing)))
        extra = sorted(held - listed)
        if extra:
            found.append(Fault("vectors", "vectors belong to no chunk", tuple(extra)))
        broken = self._store.faults()
        bad = sorted(one for one in broken if one in listed)
        if bad:
            found.append(Fault("vectors", f"vectors can't be used: {broken[bad[0]]}", tuple(bad)))
        skip = {*missing, *bad}
        # The records say themselves that these are still to be written, by the next run.
        moved = set(self._manifest.moved())
        other, wrong = [], []
        for chunks in self._chunks([one for one in ids if one not in skip]):
            kept = {
                str(document.id): document
                for document in self._store.get_by_ids([str(one.id) for one in chunks])
            }
            for chunk in chunks:
                document = kept.get(str(chunk.id))
                if str(chunk.id) not in moved and (
                    document is None
                    or document.page_content != chunk.page_content
                    or document.metadata != chunk.metadata
                ):
                    other.append(str(chunk.id))
        if other:
            found.append(
                Fault("vectors", "chunks have another text or metadata beside their vector", tuple(other))
            )
        if deep:
            well = [one for one in ids if one not in skip and one not in set(other)]
            wrong = self._wrong(random.SystemRandom().sample(well, min(SAMPLE, len(well))))
        if wrong:
            found.append(Fault("vectors", "vectors aren't those of their texts", tuple(wrong)))
        return found

    def _wrong(self, sample: Sequence[str]) -> list[str]:
        import numpy as np

        wrong = []
        for chunks in self._chunks(sample):
            texts = [indexed(chunk) for chunk in chunks]
            fresh = np.asarray(self._embeddings.inner.embed_documents(texts), dtype=np.float32)
            kept = self._store.vectors([str(chunk.id) for chunk in chunks])
            for chunk, row in zip(chunks, fresh, strict=True):
                held = kept[str(chunk.id)]
                size = float(np.linalg.norm(row) * np.linalg.norm(held))
                if not size or float(row @ held) / size < COSINE:
                    wrong.append(str(chunk.id))
        return wrong

    def _lexical(self, ids: Sequence[str], deep: bool) -> list[Fault]:
        name = self._manifest.meta().get(LEXICAL)
        if name is None:
            return [Fault("lexical", "there is none")] if ids else []
        try:
            index = LexicalIndex.load(self._folder / LEXICAL / name)
            if deep:
                LexicalIndex.check(self._folder / LEXICAL / name, deep=True)
        except CorruptIndex as error:
            return [Fault("lexical", str(error))]
        if len(index.ids) != len(ids) or set(index.ids) != set(ids):
            return [Fault("lexical", "it's of another state of the collection")]
        return []

    def _chunks(self, ids: Sequence[str]) -> Iterator[list[Document]]:
        for start in range(0, len(ids), STEP):
            yield list(self._manifest.documents(ids[start : start + STEP]).values())
