"""Sharing, and collections that others delete, make anew or break while they're open."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from homespun.errors import HomespunError, UsageError
from rag import Library
from rag.library.errors import NoCollection


class Numbered(Embeddings):
    """Embeddings whose vectors depend on a setting."""

    def __init__(self, turned: int = 0) -> None:
        self.turned = turned

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        row = [float(len(text)), 1.0, 2.0]
        return row[self.turned :] + row[: self.turned]


@pytest.fixture
def of(tmp_path: Path, words: Any) -> Callable[[str], Library]:
    """The library as a user sees it."""
    return lambda user: Library(tmp_path / "library", user=user, encoder=words)


def test_who_is_added_doesnt_push_out_who_was_there(of: Callable[[str], Library], notes: Path) -> None:
    ada = of("ada")
    ada.collection("papers").index([notes])
    assert ada.share("papers", ["ben"]) == ("ben",)
    assert ada.share("papers", ["cleo"]) == ("ben", "cleo")
    assert ada.unshare("papers", ["ben", "dora"]) == ("cleo",)
    with pytest.raises(NoCollection):
        of("ben").collection("ada/papers")
    with pytest.raises(UsageError, match="as a list"):
        ada.share("papers", "cleo")
    with pytest.raises(UsageError, match="can be called"):
        ada.share("papers", ["a/b"])


def test_sharing_doesnt_wait_for_an_index_run(of: Callable[[str], Library], notes: Path) -> None:
    from rag.library.lock import locked

    ada = of("ada")
    ada.collection("papers").index([notes])
    with locked(ada.collection("papers").folder):
        assert ada.share("papers", ["ben"]) == ("ben",)


def test_embeddings_with_other_settings_are_others(tmp_path: Path) -> None:
    document = Document(id="a", page_content="text")
    first = Library(tmp_path / "library", encoder=Numbered(0))
    first.collection().add([document])
    first.close()
    with pytest.raises(UsageError, match="embedded by Numbered"):
        Library(tmp_path / "library", encoder=Numbered(1)).collection()
    other = Library(tmp_path / "library", encoder=Numbered(1))
    assert other.collection("second").add([document]).embedded == 1
    other.close()


def test_a_collection_that_was_made_anew_by_others_is_opened_anew(tmp_path: Path, words: Any) -> None:
    mine = Library(tmp_path / "library", encoder=words)
    held = mine.collection()
    held.add([Document(id="a", page_content="heron")])
    assert held.retriever("dense").invoke("heron")
    other = Library(tmp_path / "library", encoder=words)
    other.delete("default")
    other.collection().add([Document(id="b", page_content="wren")])
    with pytest.raises(HomespunError, match="Open it again"):
        held.retriever("hybrid").invoke("wren")
    (found,) = mine.collection().retriever("hybrid").invoke("wren")
    assert found.page_content == "wren"
    mine.collection().add([Document(id="c", page_content="ibis")])
    assert other.collection().verify(deep=True) == []
    mine.close()
    other.close()


def test_two_who_make_one_collection_at_once_have_one(tmp_path: Path, words: Any) -> None:
    one, two = (Library(tmp_path / "library", encoder=words) for _ in range(2))
    first, second = one.collection(), two.collection()
    first.add([Document(id="a", page_content="heron")])
    second.add([Document(id="b", page_content="wren")])
    assert first.facts == second.facts
    assert len(first.retriever("dense").invoke("heron")) == 2
    assert first.verify(deep=True) == []
    one.close()
    two.close()


def test_a_first_run_that_failed_leaves_nothing_and_any_encoder_may_follow(
    tmp_path: Path, notes: Path, breaking: Callable[[int], Any]
) -> None:
    class Fails(Numbered):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            raise ConnectionRefusedError("nobody there")

    library = Library(tmp_path / "library", encoder=Fails())
    with pytest.raises(ConnectionRefusedError):
        library.collection().index([notes])
    assert library.collections() == []
    library.close()
    after = Library(tmp_path / "library", encoder=Numbered())
    assert len(after.collection().index([notes]).added) == 3
    assert after.collection().verify(deep=True) == []
    after.close()


@pytest.mark.parametrize("harm", ["records", "nothing", "vectors"])
def test_whatever_is_broken_can_be_deleted(tmp_path: Path, words: Any, notes: Path, harm: str) -> None:
    library = Library(tmp_path / "library", encoder=words)
    library.collection().index([notes])
    folder = library.collection().folder
    library.close()
    file = {"records": "manifest.sqlite", "nothing": "manifest.sqlite", "vectors": "vectors/vectors.sqlite"}[
        harm
    ]
    (folder / file).write_bytes(b"" if harm == "nothing" else b"no database" * 500)
    after = Library(tmp_path / "library", encoder=words)
    after.delete("default")
    assert after.collections() == []
    assert len(after.collection().index([notes]).added) == 3
    after.close()


def test_strange_folders_in_the_library_are_passed_over(library: Library, notes: Path) -> None:
    library.collection("papers").index([notes])
    for strange in ("50%off", ".hidden", "%zz", "a%2", "end."):
        (library.root / strange / "x").mkdir(parents=True)
        (library.root / "local" / strange).mkdir()
    (library.root / "file").touch()
    assert [one.address for one in library.collections()] == ["papers"]


def test_a_collection_without_documents_finds_nothing(library: Library) -> None:
    empty = library.collection("new")
    for way in ("bm25", "dense", "hybrid", "rrf", "mmr"):
        assert empty.retriever(way).invoke("anything") == []
    assert (empty.text("a"), empty.chunks("a"), empty.pages("a")) == (None, [], [])
    assert (empty.documents(["a"]), empty.counts(), empty.sources(), empty.roots()) == ({}, (0, 0), [], [])
    assert library.collections() == []


def test_threads_open_one_store(library: Library, notes: Path) -> None:
    collection = library.collection()
    collection.index([notes])
    collection.close()
    found: list[int] = []
    barrier = threading.Barrier(8)

    def ask() -> None:
        barrier.wait()
        found.append(id(collection.store))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_readers_see_no_drafts(library: Library, notes: Path, words: Any) -> None:
    collection = library.collection()
    collection.index([notes])
    # As an index run leaves it until its records are written.
    text = "The boat is called Solveig."
    collection.store.add_vectors(
        [Document(page_content=text)] * 30,
        words.embed_documents([text]) * 30,
        [f"draft {n}" for n in range(30)],
    )
    for way in ("dense", "hybrid", "mmr"):
        found = collection.retriever(way, k=3).invoke(text)
        assert found, way
        assert not any("Solveig" in one.page_content for one in found), way
    faults = [str(fault) for fault in collection.verify()]
    assert len(faults) == 1
    assert "30 vectors belong to no chunk" in faults[0]
