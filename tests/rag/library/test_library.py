"""Who has which collections, and who may search them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homespun.errors import UsageError
from rag import Library
from rag.errors import ReadOnly
from rag.library.errors import NoCollection
from rag.library.folders import folder_name, name_of


@pytest.fixture
def of(tmp_path: Path, words: Any) -> Callable[[str], Library]:
    """The library as a user sees it."""
    return lambda user: Library(tmp_path / "library", user=user, encoder=words)


def test_collections_are_apart(library: Library, notes: Path) -> None:
    library.collection("boats").index([notes / "boat.md"])
    library.collection("papers").index([notes / "lease.md"])
    assert [(one.address, one.sources) for one in library.collections()] == [("boats", 1), ("papers", 1)]
    assert library.collection("papers").retriever("bm25").invoke("Margit") == []


def test_another_user_sees_nothing_until_it_is_shared(of: Callable[[str], Library], notes: Path) -> None:
    ada, ben = of("ada"), of("ben")
    ada.collection("papers").index([notes])
    with pytest.raises(NoCollection):
        ben.collection("ada/papers")
    assert ben.collections() == []
    ada.share("papers", ["ben"])
    assert [one.address for one in ben.collections()] == ["ada/papers"]
    theirs = ben.collection("ada/papers")
    assert theirs.retriever("bm25").invoke("Margit")
    with pytest.raises(ReadOnly, match="another user's"):
        theirs.index([notes])
    with pytest.raises(ReadOnly, match="only ada"):
        ben.delete("ada/papers")
    with pytest.raises(NoCollection):
        of("cleo").collection("ada/papers")
    ada.unshare("papers", ["ben"])
    with pytest.raises(NoCollection):
        ben.collection("ada/papers")


def test_a_refusal_doesnt_tell_whether_there_is_such_a_collection(
    of: Callable[[str], Library], notes: Path
) -> None:
    of("ada").collection("papers").index([notes])
    ben = of("ben")
    said = []
    for address in ("ada/papers", "ada/letters"):
        with pytest.raises(NoCollection) as refused:
            ben.collection(address)
        said.append(str(refused.value).replace(address, ""))
    assert said[0] == said[1]


def test_what_everybody_may_search(of: Callable[[str], Library], notes: Path) -> None:
    of("ada").collection("papers").index([notes])
    of("ada").share("papers", ["*"])
    assert [one.address for one in of("ben").collections()] == ["ada/papers"]


def test_two_users_may_have_collections_of_one_name(of: Callable[[str], Library], notes: Path) -> None:
    of("ada").collection("papers").index([notes / "boat.md"])
    of("ben").collection("papers").index([notes / "lease.md"])
    assert of("ada").collection("papers").retriever("bm25").invoke("rent") == []
    assert of("ben").collection("papers").retriever("bm25").invoke("rent")


def test_a_deleted_collection_is_gone_and_its_name_free(library: Library, notes: Path) -> None:
    library.collection("papers").index([notes])
    library.delete("papers")
    assert library.collections() == []
    with pytest.raises(NoCollection):
        library.collection("papers", make=False)
    assert library.collection("papers").index([notes]).embedded == 0
    assert (notes / "boat.md").is_file()


def test_an_unknown_collection_names_its_neighbours(library: Library, notes: Path) -> None:
    library.collection("papers").index([notes])
    with pytest.raises(NoCollection, match="papers"):
        library.collection("paper", make=False)


@pytest.mark.parametrize("name", ["", " a", "a ", "a/b/c", "a\nb", "x" * 61, "\0"])
def test_names_that_nothing_can_have_are_refused(library: Library, name: str) -> None:
    with pytest.raises(UsageError):
        library.collection(name)


@given(st.text(min_size=1, max_size=60))
def test_folders_names_are_safe_and_lead_back(name: str) -> None:
    try:
        folder = folder_name(name)
    except UsageError:
        return
    assert name_of(folder) == name
    assert folder not in (".", "..")
    assert not folder.startswith(".")
    assert not set(folder) & set('/\\:*?"<>|\0')


def test_a_library_by_default_lies_in_the_home_folder(homespun_home: Path) -> None:
    assert Library().root == homespun_home / "library"


def test_a_collection_stays_with_the_encoder_that_it_was_made_by(
    tmp_path: Path, words: Any, notes: Path
) -> None:
    first = Library(tmp_path / "library", encoder="minilm")
    first.collection().index([notes])
    first.close()
    second = Library(tmp_path / "library", encoder=words)
    with pytest.raises(UsageError, match="embedded by minilm"):
        second.collection()
    third = Library(tmp_path / "library", encoder="minilm")
    assert third.collection().index([notes]).embedded == 0
    assert (
        "Margit" in third.collection().retriever("dense").invoke("What is the ship's name?")[0].page_content
    )
    third.close()
