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
from rag.lexical.files import CorruptIndex
from rag.lexical.index import LexicalIndex
from rag.library.manifest import Manifest
from rag.library.report import Progress
from rag.library.units import indexed, named
from rag.library.writer import LEXICAL, STEP, Told, clean_lexical
from rag.stores.base import Store
from rag.trouble import Corrupt

UNREADABLE = "unreadable"
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
        told: hears how far it is.
        renew: throws the vector store's files away, so that it's empty when it's opened again.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        store: Callable[[], Store],
        embeddings: CachedEmbeddings,
        told: Told,
        renew: Callable[[], None],
    ) -> None:
        self._folder, self._manifest, self._open = folder, manifest, store
        self._embeddings, self._told, self._renew = embeddings, told, renew

    def faults(self, deep: bool = False) -> list[Fault]:
        """Returns what is wrong, nothing if all is well.

        Args:
            deep: also compute some vectors again, and hash the lexical index's files.

        Raises:
            Corrupt: the records can't be read at all.
        """
        if not self._manifest.exists():
            return []
        self._told(Progress("checking"))
        records = self._records()
        if any(fault.part == UNREADABLE for fault in records):
            # Without them there is nothing to compare with.
            return [Fault("records", fault.what, fault.ids, mendable=False) for fault in records]
        ids = self._manifest.ids()
        try:
            vectors = self._vectors(ids, deep)
        except Corrupt as error:
            vectors = [Fault("vectors", f"the file is damaged: {error}")]
        return [*records, *vectors, *self._lexical(ids, deep)]

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
            self._told(Progress("saving"))
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
            self._told(Progress("embedding", done, len(ids)))

    def _records(self) -> list[Fault]:
        broken = self._manifest.faults()
        if broken:
            return [Fault(UNREADABLE, f"the file is damaged: {broken[0]}")]
        odd: list[str] = []
        unreadable: list[str] = []
        for name in self._manifest.known():
            try:
                self._manifest.record(name)
                self._manifest.runs(name)
                chunks, text = self._manifest.chunks_of(name), self._manifest.text(name) or ""
            except Corrupt:
                unreadable.append(name)
                continue
            expected = [chunk.id for chunk in named(name, chunks)]
            odd += [
                str(chunk.id)
                for chunk, one in zip(chunks, expected, strict=True)
                if chunk.id != one
                or text[chunk.metadata["start"] : chunk.metadata["end"]] != chunk.page_content
            ]
        if unreadable:
            return [Fault(UNREADABLE, "sources can't be read: remove these, index again", tuple(unreadable))]
        if odd:
            what = "chunks aren't what their sources say: index these with --fresh"
            return [Fault("records", what, tuple(odd), mendable=False)]
        return []

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
