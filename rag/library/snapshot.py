"""What searches look at: a collection's chunks and lexical index as they were at one moment."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.lexical.files import CorruptIndex
from rag.lexical.index import LexicalIndex
from rag.library.manifest import Manifest
from rag.library.units import indexed
from rag.library.writer import LEXICAL

_TRIES = 5


@dataclass(frozen=True)
class Snapshot:
    """One generation.

    Attributes:
        generation: which one.
        ids: of its chunks.
        lexical: their words.
    """

    generation: str
    ids: frozenset[str]
    lexical: LexicalIndex


class Snapshots:
    """Gives the newest snapshot, and keeps it until another process or thread has changed the collection."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self._folder, self._manifest = folder, manifest
        self._lock = threading.Lock()
        self._newest: Snapshot | None = None

    def newest(self) -> Snapshot:
        """Returns the state of now. Where the lexical index is damaged or missing it's built in memory.

        Raises:
            HomespunError: the records can't be read.
        """
        generation = self._manifest.generation()
        with self._lock:
            if self._newest is None or self._newest.generation != generation:
                self._newest = self._read(generation)
            return self._newest

    def _read(self, generation: str) -> Snapshot:
        for _ in range(_TRIES):
            ids = self._manifest.ids()
            lexical = self._lexical(ids)
            now = self._manifest.generation()
            if now == generation:
                break
            generation = now  # changed while it was read
        return Snapshot(generation, frozenset(ids), lexical)

    def _lexical(self, ids: Sequence[str]) -> LexicalIndex:
        name = self._manifest.meta().get(LEXICAL)
        if name is not None:
            try:
                index = LexicalIndex.load(self._folder / LEXICAL / name)
            except CorruptIndex:
                pass
            else:
                if len(index.ids) == len(ids) and set(index.ids) == set(ids):
                    return index
        documents = self._manifest.documents(ids)
        return LexicalIndex.build(documents, map(indexed, documents.values()))
