"""The collections of one user, and those that others share with them."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from langchain_core.embeddings import Embeddings

from homespun.errors import UsageError
from homespun.names import unknown
from rag.cache import CachedEmbeddings
from rag.library.collection import Collection
from rag.library.encoder import open_encoder
from rag.library.errors import NoCollection
from rag.library.folders import check_name, folder_name, name_of
from rag.library.lock import locked
from rag.library.manifest import Manifest
from rag.load.sources import Limits
from rag.trouble import Corrupt, ReadOnly

DEFAULT = "default"
"""The collection that's meant where none is named."""
LOCAL = "local"
"""The user of whoever owns the machine."""
EVERYBODY = "*"


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
        self._open: dict[str, Collection] = {}
        folder_name(user)

    def collection(self, address: str = DEFAULT, *, make: bool = True) -> Collection:
        """Returns a collection; a new one is written by its first document.

        Args:
            address: its name, or `owner/name` of one that another user shares.
            make: whether it may be new.

        Raises:
            NoCollection: there is none, and it mayn't be new, or this user may not read it.
            UsageError: nothing can be called so.
        """
        owner, name = self._parted(address)
        if address in self._open and self._open[address].manifest.exists():
            self._check_access(owner, address, self._open[address].manifest)
            return self._open[address]
        folder = self._folder(owner, name)
        manifest = Manifest(folder / "manifest.sqlite")
        if manifest.exists():
            self._check_access(owner, address, manifest)
        elif not make or owner != self.user:
            raise NoCollection(unknown("collection", address, [one.address for one in self.collections()]))
        return self._open.setdefault(address, self._opened(owner, name, folder, manifest))

    def collections(self) -> list[Listed]:
        """Returns the user's collections and those that are shared with them, own ones first."""
        found = [self._listed(self.user, name) for name in self._names(self.user)]
        if self.root.is_dir():
            for folder in sorted(self.root.iterdir()):
                if (
                    folder.is_dir()
                    and not folder.name.startswith(".")
                    and folder.name != folder_name(self.user)
                ):
                    owner = name_of(folder.name)
                    found += [
                        self._listed(owner, name)
                        for name in self._names(owner)
                        if self._may_read(owner, Manifest(self._folder(owner, name) / "manifest.sqlite"))
                    ]
        return found

    def share(self, name: str, readers: Iterable[str]) -> None:
        """Says who else may search a collection; "*" is everybody, nobody takes all rights back.

        Raises:
            NoCollection: the user has none of this name.
        """
        collection = self._own(name)
        with locked(collection.folder), collection.manifest.change() as change:
            change.set("readers", json.dumps(sorted(set(readers))))

    def delete(self, name: str) -> None:
        """Deletes a collection for good; its files stay where they are.

        Raises:
            NoCollection: the user has none of this name.
        """
        collection = self._own(name)
        with locked(collection.folder):
            collection.store.delete()
            collection.close()
            self._open.pop(name, None)
            # Without its records it's no collection, whatever a kill leaves of the rest.
            collection.manifest.path.unlink()
            shutil.rmtree(collection.folder, ignore_errors=True)

    def close(self) -> None:
        """Closes what is open."""
        for collection in self._open.values():
            collection.close()
        self._open.clear()

    def _own(self, name: str) -> Collection:
        owner, _ = self._parted(name)
        if owner != self.user:
            raise ReadOnly(f"{name} is another user's: only {owner} can do that.")
        return self.collection(name, make=False)

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
        return sorted(name_of(one.name) for one in place.iterdir() if (one / "manifest.sqlite").is_file())

    def _may_read(self, owner: str, manifest: Manifest) -> bool:
        if owner == self.user:
            return True
        try:
            readers = json.loads(manifest.meta().get("readers", "[]"))
        except (Corrupt, ValueError):
            return False
        return EVERYBODY in readers or self.user in readers

    def _check_access(self, owner: str, address: str, manifest: Manifest) -> None:
        if not self._may_read(owner, manifest):
            raise NoCollection(unknown("collection", address, [one.address for one in self.collections()]))

    def _listed(self, owner: str, name: str) -> Listed:
        address = name if owner == self.user else f"{owner}/{name}"
        manifest = Manifest(self._folder(owner, name) / "manifest.sqlite")
        try:
            sources, chunks = manifest.counts()
            meta = manifest.meta()
        except Corrupt as error:
            return Listed(address, trouble=str(error))
        readers = tuple(json.loads(meta.get("readers", "[]"))) if owner == self.user else ()
        return Listed(address, sources, chunks, readers, meta.get("vectors", ""), meta.get("encoder", ""))

    def _opened(self, owner: str, name: str, folder: Path, manifest: Manifest) -> Collection:
        from rag.stores.opening import open_store

        meta = manifest.meta() if manifest.exists() else {}
        asked = self._encoder
        if meta and isinstance(asked, str):
            asked = meta.get("encoder", asked)
        encoder = open_encoder(asked, self._home, self._threads)
        if meta.get("model", encoder.model) != encoder.model:
            raise UsageError(
                f"{name} was embedded by {meta['encoder']} in another version. Delete it and index its files "
                "again."
            )
        vectors = meta.get("vectors", self.vectors)
        place = meta.get("place", f"homespun-{uuid.uuid4().hex}")
        facts = {
            "owner": owner,
            "encoder": encoder.name,
            "model": encoder.model,
            "vectors": vectors,
            "place": place,
        }
        embeddings = CachedEmbeddings(encoder.embeddings, encoder.model, self.root / "embeddings.sqlite")
        return Collection(
            name if owner == self.user else f"{owner}/{name}",
            folder,
            embeddings,
            lambda: open_store(
                vectors,
                embeddings,
                folder=folder / "vectors",
                name=place,
                model=encoder.model,
                read_only=owner != self.user,
            ),
            encoder.chunker,
            self._limits,
            facts,
            writable=owner == self.user,
        )
