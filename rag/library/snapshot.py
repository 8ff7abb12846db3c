"""What searches look at: a collection's chunks and lexical index as they were at one moment."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from homespun.errors import HomespunError
from rag.lexical.files import CorruptIndex
from rag.lexical.index import LexicalIndex
from rag.library.manifest import Listing, Manifest
from rag.library.units import indexed
from rag.library.writer import LEXICAL
from rag.stores.filters import Filter, parse

FILTERS = 16
"""Filters whose chunks are remembered."""


class Snapshot:
    """One generation. What takes time to read is read when it's first asked for.

    Args:
        listing: its facts and chunks.
        read: gives its lexical index.
    """

    def __init__(self, listing: Listing, read: Callable[[Listing], LexicalIndex]) -> None:
        self.meta, self.ids = listing.meta, frozenset(listing.ids)
        self.allowed: OrderedDict[str, frozenset[str]] = OrderedDict()
        """By filter, which chunks it lets through."""
        self._listing, self._read, self._turn = listing, read, threading.Lock()

    @property
    def generation(self) -> str:
        """Which one."""
        return self.meta.get("generation", "")

    @property
    def lexical(self) -> LexicalIndex:
        """Its words."""
        with self._turn:
            return self._lexical

    @cached_property
    def _lexical(self) -> LexicalIndex:
        return self._read(self._listing)


class Snapshots:
    """Gives the newest snapshot, and keeps it until another process or thread has changed the collection.

    Args:
        folder: of the collection.
        manifest: its records.
        place: which collection of this name it is, as its facts say.
    """

    def __init__(self, folder: Path, manifest: Manifest, place: Callable[[], str]) -> None:
        self._folder, self._manifest, self._place = folder, manifest, place
        self._lock = threading.Lock()
        self._newest: Snapshot | None = None

    def newest(self) -> Snapshot:
        """Returns the state of now.

        Raises:
            HomespunError: the records can't be read, or are those of another collection by now.
        """
        generation = self._manifest.generation()
        with self._lock:
            if self._newest is None or self._newest.generation != generation:
                made = Snapshot(self._manifest.listing(), self._lexical)
                if made.meta.get("place", self._place()) != self._place():
                    raise HomespunError(
                        f"{self._folder.name} was deleted and made anew meanwhile. Open it again."
                    )
                self._newest = made
            return self._newest

    def allowed(self, where: Filter) -> frozenset[str]:
        """Returns the ids of the chunks that a filter lets through.

        Raises:
            UsageError: it isn't a filter.
        """
        key = repr(parse(where))
        snapshot = self.newest()
        with self._lock:
            found = snapshot.allowed.get(key)
        if found is None:
            found = frozenset(self._manifest.ids(where))
            with self._lock:
                snapshot.allowed[key] = found
                while len(snapshot.allowed) > FILTERS:
                    snapshot.allowed.popitem(last=False)
        return found

    def _lexical(self, listing: Listing) -> LexicalIndex:
        """The index on disk; where it's damaged, or gone with its generation, one that's built in memory."""
        name = listing.meta.get(LEXICAL)
        if name is not None:
            try:
                index = LexicalIndex.load(self._folder / LEXICAL / name)
            except CorruptIndex:
                pass
            else:
                if len(index.ids) == len(listing.ids) and set(index.ids) == set(listing.ids):
                    return index
        documents = self._manifest.documents(listing.ids)
        return LexicalIndex.build(documents, map(indexed, documents.values()))
