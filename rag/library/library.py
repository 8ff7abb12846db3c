"""The collections of one user, and those that others share with them."""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from langchain_core.embeddings import Embeddings

from homespun.errors import HomespunError, UsageError
from homespun.names import unknown
from rag.cache import CachedEmbeddings
from rag.errors import ReadOnly, clear_errors
from rag.library import DEFAULT, LOCAL
from rag.library.access import may_read, readers, set_readers
from rag.library.collection import MANIFEST, VECTORS, Collection
from rag.library.encoder import open_encoder
from rag.library.errors import DAMAGED, NoCollection
from rag.library.folders import check_name, folder_name, name_of
from rag.library.lock import locked
from rag.library.manifest import Manifest
from rag.library.records import FORMAT
from rag.load.sources import Limits

if TYPE_CHECKING:
    from rag.stores.base import Store

CACHE = "embeddings.sqlite"
"""What was embedded for any collection; in a folder that no user can have."""


@dataclass(frozen=True)
class Listed:
    """A collection in a list.

    Attributes:
        address: how to ask for it: its name, and before it the owner's and a slash where it's another's.
        sources: how many could be read.
        chunks: how many these have.
        readers: with whom it's shared.
        vectors: where they lie.
        encoder: who embeds.
        trouble: why it can't be told; "" where all is well.
    """

    address: str
    sources: int = 0
    chunks: int = 0
    readers: tuple[str, ...] = ()
    vectors: str = ""
    encoder: str = ""
    trouble: str = ""


class Library:
    """Named collections of documents.

    Example:
        ```python
        library = Library()
        library.collection().index(["docs"])
        library.collection().retriever(k=5).invoke("How do I choose a port?")
        ```

    Args:
        root: the folder it lies in; by default `library` in the settings' home.
        user: whose collections are meant.
        encoder: who embeds new collections: an address as `models.encoders.load_embeddings` takes it, or
            embeddings of your own.
        vectors: where new collections keep vectors: "faiss", "chroma" (a folder) or "chroma:URL" (a server).
        home: the state folder whose `models/` is searched.
        threads: processor threads of the encoder.
        limits: of the files that are read.
    """

    def __init__(
        self,
        root: Path | str | None = None,
        *,
        user: str = LOCAL,
        encoder: str | Embeddings = "minilm",
        vectors: str = "faiss",
        home: Path | None = None,
        threads: int | None = None,
        limits: Limits | None = None,
    ) -> None:
        if root is None:
            from homespun.settings import load_settings

            root = load_settings().folder.library
        self.root, self.user, self.vectors = Path(root), user, vectors
        self._encoder, self._home, self._threads, self._limits = encoder, home, threads, limits
        self._turn = threading.RLock()
        self._open: dict[tuple[str, str], Collection] = {}
        check_name(user)

    def collection(self, address: str = DEFAULT, *, make: bool = True) -> Collection:
        """Returns a collection; a new one is written by its first document.

        Args:
            address: its name, or `owner/name` of one that another user shares.
            make: whether it may be new.

        Raises:
            NoCollection: there is none, and it mayn't be new, or this user may not read it.
            UsageError: nothing can be called so, or what embedded it isn't to be had.
        """
        owner, name = self._parted(address)
        folder = self._folder(owner, name)
        with Manifest(folder / MANIFEST, keep=True) as manifest:
            meta = manifest.meta()
        mine = owner == self.user
        if not (mine or (meta and may_read(folder, self.user))) or not (meta or make):
            raise NoCollection(unknown("collection", address, [one.address for one in self.collections()]))
        with self._turn:
            there = self._open.get((owner, name))
            # Another process may have deleted it and made it anew.
            if there is not None and meta.get("place", there.facts["place"]) != there.facts["place"]:
                there.close()
                there = None
            if there is None:
                there = self._open[owner, name] = self._opened(owner, name, folder, meta)
            return there

    def collections(self) -> list[Listed]:
        """Returns the user's collections and those that are shared with them, own ones first."""
        owners = [self.user]
        if self.root.is_dir():
            for folder in sorted(self.root.iterdir()):
                owner = name_of(folder.name)
                if folder.is_dir() and owner not in (None, self.user):
                    owners.append(str(owner))
        listed = [
            self._listed(owner, name)
            for owner in owners
            for name in self._names(owner)
            if owner == self.user or may_read(self._folder(owner, name), self.user)
        ]
        return [one for one in listed if one is not None]

    def share(self, name: str, users: Sequence[str]) -> tuple[str, ...]:
        """Lets others search a collection, beside those who may already; "*" is everybody.

        Returns:
            All who may.

        Raises:
            NoCollection: the user has none of this name.
            UsageError: a name can't be a user's.
        """
        return self._set_readers(name, users, lambda before, named: before | named)

    def unshare(self, name: str, users: Sequence[str]) -> tuple[str, ...]:
        """Takes that right back; what they have open goes on until they close it.

        Returns:
            All who may still.

        Raises:
            NoCollection: the user has none of this name.
            UsageError: a name can't be a user's.
        """
        return self._set_readers(name, users, lambda before, named: before - named)

    def delete(self, name: str) -> None:
        """Deletes a collection for good, whatever is wrong with it; its files stay where they are.

        Raises:
            NoCollection: the user has none of this name.
        """
        owner, own = self._mine(name)
        folder = self._folder(owner, own)
        with locked(folder):
            with self._turn:
                opened = self._open.pop((owner, own), None)
            with suppress(HomespunError):
                opened = opened or self.collection(own)
            # Without its records it's no collection, whatever a kill leaves of the rest.
            (folder / MANIFEST).unlink(missing_ok=True)
            if opened is not None:
                # What lies on a server doesn't go with the folder.
                with suppress(HomespunError):
                    opened.store.delete()
                opened.close()
                self._open.pop((owner, own), None)
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Closes what is open."""
        with self._turn:
            for collection in self._open.values():
                collection.close()
            self._open.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _set_readers(
        self, name: str, users: Sequence[str], change: Callable[[set[str], set[str]], set[str]]
    ) -> tuple[str, ...]:
        if isinstance(users, str):
            raise UsageError(f"Names of users are needed as a list, not as the text {users!r}.")
        owner, own = self._mine(name)
        for user in users:
            check_name(user)
        folder = self._folder(owner, own)
        with clear_errors(folder, DAMAGED):
            set_readers(folder, change(set(readers(folder)), set(users)))
        return readers(folder)

    def _mine(self, address: str) -> tuple[str, str]:
        """The owner, who is the user, and the name of a collection that is there."""
        owner, name = self._parted(address)
        if owner != self.user:
            raise ReadOnly(f"{address} is another user's: only {owner} can do that.")
        if not (self._folder(owner, name) / MANIFEST).is_file():
            raise NoCollection(unknown("collection", address, [one.address for one in self.collections()]))
        return owner, name

    def _parted(self, address: str) -> tuple[str, str]:
        owner, slash, name = address.partition("/")
        if not slash:
            owner, name = self.user, address
        check_name(name)
        check_name(owner)
        return owner, name

    def _folder(self, owner: str, name: str) -> Path:
        return self.root / folder_name(owner) / folder_name(name)

    def _names(self, owner: str) -> list[str]:
        place = self.root / folder_name(owner)
        if not place.is_dir():
            return []
        named = [(one, name_of(one.name)) for one in place.iterdir()]
        return sorted(name for one, name in named if name is not None and (one / MANIFEST).is_file())

    def _listed(self, owner: str, name: str) -> Listed | None:
        address = name if owner == self.user else f"{owner}/{name}"
        folder = self._folder(owner, name)
        try:
            with Manifest(folder / MANIFEST, keep=True) as manifest:
                (sources, chunks), meta = manifest.counts(), manifest.meta()
        except HomespunError as error:
            return Listed(address, trouble=str(error))
        if not meta:
            return None  # whoever began it was stopped
        shared = readers(folder) if owner == self.user else ()
        return Listed(address, sources, chunks, shared, meta.get("vectors", ""), meta.get("encoder", ""))

    def _opened(self, owner: str, name: str, folder: Path, meta: Mapping[str, str]) -> Collection:
        if meta.get("format", FORMAT) != FORMAT:
            raise UsageError(f"{name} was made by another version of this program. {DAMAGED}")
        asked = self._encoder
        if isinstance(asked, str):
            asked = meta.get("encoder", asked)
        encoder = open_encoder(asked, self._home, self._threads)
        if meta.get("model", encoder.model) != encoder.model:
            raise UsageError(
                f"{name} was embedded by {meta['encoder']}, not by {encoder.name} as it's now. Delete it and "
                "index its files again."
            )
        facts = {
            "owner": owner,
            "encoder": encoder.name,
            "model": encoder.model,
            "vectors": meta.get("vectors", self.vectors),
            "place": meta.get("place", f"homespun-{uuid.uuid4().hex}"),
        }
        embeddings = CachedEmbeddings(encoder.embeddings, encoder.model, self.root / ".cache" / CACHE)
        mine = owner == self.user

        def store(facts: Mapping[str, str]) -> Store:
            from rag.stores.opening import open_store

            return open_store(
                facts["vectors"],
                embeddings,
                folder=folder / VECTORS,
                name=facts["place"],
                model=facts["model"],
                read_only=not mine,
            )

        return Collection(
            name if mine else f"{owner}/{name}",
            folder,
            embeddings,
            store,
            encoder.chunker,
            facts,
            self._limits,
            writable=mine,
        )
