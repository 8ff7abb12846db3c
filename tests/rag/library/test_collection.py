"""A collection follows its files, at no more cost than they changed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document

from homespun.errors import HomespunError, UnknownName, UsageError
from rag import Library
from rag.library.collection import Collection


def _found(collection: Collection, query: str, **fields: Any) -> list[str]:
    return [document.page_content for document in collection.retriever("hybrid", **fields).invoke(query)]


def test_files_are_found_by_what_they_say(library: Library, notes: Path) -> None:
    collection = library.collection()
    report = collection.index([notes])
    assert len(report.added) == 3
    assert report.new_chunks == report.chunks == report.embedded > 0
    assert "Margit" in _found(collection, "What is the boat called?")[0]
    assert "leeks" in _found(collection, "simmer the leeks")[0]


def test_a_chunk_says_where_it_stands(library: Library, notes: Path) -> None:
    collection = library.collection()
    collection.index([notes])
    first = collection.retriever("hybrid", k=1).invoke("geese consent")[0]
    told = first.metadata
    original = (notes / "lease.md").read_text(encoding="utf-8")
    assert told["source"] == str(notes / "lease.md")
    assert "The lease" in told["title"]
    assert original[told["source_start"] : told["source_end"]] == first.page_content
    text = collection.text(told["source"])
    assert text is not None
    assert text[told["start"] : told["end"]] == first.page_content
    assert set(told["scores"]) == {"hybrid", "bm25", "dense"}
    assert told["ranks"]["hybrid"] == 1


def test_what_is_unchanged_is_neither_read_nor_embedded(library: Library, notes: Path, words: Any) -> None:
    collection = library.collection()
    collection.index([notes])
    for file in notes.rglob("*.*"):  # past the time in which a change could hide
        os.utime(file, (time.time() - 60,) * 2)
    collection.index([notes])
    generation = collection.manifest.generation()
    read = len(words.read)
    for file in notes.rglob("*.*"):
        file.chmod(0o600)
    report = collection.index([notes])
    assert (report.unchanged, report.added, report.changed, report.removed) == (3, [], [], [])
    assert len(words.read) == read
    assert collection.manifest.generation() == generation


def test_a_change_costs_only_the_chunks_that_it_touches(library: Library, tmp_path: Path, words: Any) -> None:
    file = tmp_path / "long.md"
    sections = [f"## Part {n}\n\n" + f"Sentence number {n} tells of thing {n}. " * 20 for n in range(40)]
    file.write_text("# Long\n\n" + "\n\n".join(sections), encoding="utf-8")
    collection = library.collection()
    first = collection.index([file])
    words.read.clear()
    sections[17] = sections[17].replace("thing 17", "object 17")
    file.write_text("# Long\n\n" + "\n\n".join(sections), encoding="utf-8")
    report = collection.index([file])
    assert report.changed == [str(file)]
    assert 0 < report.new_chunks == len(words.read) <= 4
    assert report.chunks == first.chunks
    assert "object 17" in _found(collection, "object 17")[0]
    assert not any("thing 17" in text for text in _found(collection, "thing 17", k=50))


def test_chunks_that_only_moved_keep_their_vectors_and_learn_their_new_place(
    library: Library, tmp_path: Path, words: Any
) -> None:
    file = tmp_path / "a.md"
    file.write_text("# A\n\n## One\n\nThe heron stands still.\n", encoding="utf-8")
    collection = library.collection()
    collection.index([file])
    words.read.clear()
    file.write_text("\n\n\n# A\n\n## One\n\nThe heron stands still.\n", encoding="utf-8")
    collection.index([file])
    assert words.read == []
    (found,) = collection.retriever("dense", k=1).invoke("heron")
    start, end = found.metadata["source_start"], found.metadata["source_end"]
    assert file.read_text(encoding="utf-8")[start:end] == found.page_content
    assert collection.verify() == []


def test_a_file_that_is_gone_is_found_no_more(library: Library, notes: Path) -> None:
    collection = library.collection()
    collection.index([notes])
    (notes / "boat.md").unlink()
    report = collection.index()
    assert report.removed == [str(notes / "boat.md")]
    assert not any("Margit" in text for text in _found(collection, "boat Margit", k=50))
    assert collection.verify() == []


def test_a_folder_that_is_gone_takes_its_sources_along_and_brings_them_back_for_nothing(
    library: Library, notes: Path, tmp_path: Path
) -> None:
    collection = library.collection()
    collection.index([notes])
    notes.rename(tmp_path / "elsewhere")
    report = collection.index()
    assert (len(report.removed), report.skipped) == (
        3,
        {str(notes): "isn't there any more, or can't be reached"},
    )
    assert collection.counts() == (0, 0)
    (tmp_path / "elsewhere").rename(notes)
    back = collection.index()
    assert (len(back.added), back.embedded) == (3, 0)


def test_indexing_one_path_leaves_what_another_brought(library: Library, notes: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("The lighthouse was lit in 1802.", encoding="utf-8")
    collection = library.collection()
    collection.index([notes])
    collection.index([other])
    assert collection.counts()[0] == 4
    assert sorted(collection.roots()) == sorted([str(notes), str(other)])


def test_a_file_that_two_paths_find_is_there_once(library: Library, notes: Path) -> None:
    collection = library.collection()
    collection.index([notes, notes / "boat.md"])
    assert [one.name for one in collection.sources()].count(str(notes / "boat.md")) == 1
    collection.index([notes / "boat.md"])
    assert collection.counts()[0] == 3
    collection.index([notes])
    assert collection.counts()[0] == 3


def test_equal_texts_in_two_files_are_embedded_once_and_found_twice(
    library: Library, tmp_path: Path, words: Any
) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.txt").write_text("The same words in both.", encoding="utf-8")
    collection = library.collection()
    report = collection.index([tmp_path / "one", tmp_path / "two"])
    assert (report.new_chunks, report.embedded) == (2, 1)
    assert len(_found(collection, "same words")) == 2


def test_another_collection_with_the_same_file_costs_no_embedding(library: Library, notes: Path) -> None:
    library.collection("first").index([notes])
    report = library.collection("second").index([notes])
    assert (report.embedded, report.new_chunks > 0) == (0, True)


def test_what_cant_be_read_is_told_in_one_line_and_the_rest_indexed(library: Library, notes: Path) -> None:
    (notes / "broken.pdf").write_bytes(b"%PDF-1.7\n" + b"\0\1\2" * 100)
    (notes / "empty.txt").touch()
    collection = library.collection()
    report = collection.index([notes])
    assert len(report.added) == 3
    assert set(report.skipped) == {str(notes / "broken.pdf"), str(notes / "empty.txt")}
    assert all("\n" not in reason and reason for reason in report.skipped.values())
    again = collection.index([notes])
    assert again.skipped == report.skipped
    assert again.unchanged == 3


def test_a_file_that_broke_is_no_longer_there_and_one_that_was_mended_is(
    library: Library, notes: Path
) -> None:
    collection = library.collection()
    collection.index([notes])
    whole = (notes / "boat.md").read_bytes()
    (notes / "boat.md").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 64)
    report = collection.index()
    assert report.removed == [str(notes / "boat.md")]
    assert not any("Margit" in text for text in _found(collection, "Margit", k=50))
    (notes / "boat.md").write_bytes(whole)
    collection.index()
    assert any("Margit" in text for text in _found(collection, "Margit"))


def test_a_library_doesnt_index_itself(tmp_path: Path, notes: Path, words: Any) -> None:
    library = Library(notes / "library", encoder=words)
    collection = library.collection()
    assert (len(collection.index([notes]).added), collection.index([notes]).unchanged) == (3, 3)
    assert collection.index([notes]).skipped == {}
    library.close()


def test_a_path_that_isnt_there_is_refused_and_nothing_made(library: Library, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        library.collection().index([tmp_path / "nowhere"])
    assert library.collections() == []


def test_an_encoder_that_breaks_down_leaves_the_state_before(
    tmp_path: Path, notes: Path, words: Any, breaking: Callable[[int], Any]
) -> None:
    library = Library(tmp_path / "library", encoder=words)
    library.collection().index([notes / "boat.md"])
    library.close()
    broken = Library(tmp_path / "library", encoder=breaking(0))
    with pytest.raises(RuntimeError, match="broke down"):
        broken.collection().index([notes])
    broken.close()
    after = Library(tmp_path / "library", encoder=words)
    collection = after.collection()
    assert collection.counts()[0] == 1
    assert collection.verify() == []
    assert "Margit" in _found(collection, "boat")[0]
    after.close()


def test_documents_can_be_given_without_files(library: Library) -> None:
    collection = library.collection()
    collection.add(
        [
            Document(id="a", page_content="Gannets dive.", metadata={"title": "Birds", "rank": 3}),
            Document(page_content="Otters swim.", metadata={"source": "b"}),
        ]
    )
    (found,) = collection.retriever("bm25", k=1).invoke("birds")
    assert (found.metadata["source"], found.metadata["rank"]) == ("a", 3)
    report = collection.add([Document(id="a", page_content="Gannets rest.", metadata={})])
    assert report.changed == ["a"]
    assert not any("dive" in text for text in _found(collection, "gannets", k=9))
    assert collection.verify() == []


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ([Document(page_content="x")], "needs an id"),
        ([Document(id="a", page_content="x"), Document(id="a", page_content="y")], "Two documents"),
        ([Document(id="a", page_content="x", metadata={"tags": ["t"]})], "tags of a is a list"),
    ],
)
def test_documents_that_cant_be_kept_are_refused(
    library: Library, documents: list[Document], said: str
) -> None:
    with pytest.raises(HomespunError, match=said):
        library.collection().add(documents)


def test_sources_and_paths_can_be_taken_out(library: Library, notes: Path) -> None:
    collection = library.collection()
    collection.index([notes])
    collection.remove([str(notes / "boat.md")])
    assert collection.counts()[0] == 2
    with pytest.raises(UnknownName, match="boat"):
        collection.remove([str(notes / "boat.md")])
    collection.remove([str(notes)])
    assert (collection.counts(), collection.roots()) == ((0, 0), [])
    assert _found(collection, "boat") == []


def test_filters_choose_by_metadata(library: Library, notes: Path) -> None:
    collection = library.collection()
    collection.index([notes])
    asked = {"source": str(notes / "lease.md")}
    for way in ("bm25", "dense", "hybrid", "rrf", "mmr"):
        found = collection.retriever(way, k=20, filter=asked).invoke("the boat and the rent")
        assert found, way
        assert {one.metadata["source"] for one in found} == {str(notes / "lease.md")}, way


def test_an_open_collection_sees_what_another_process_would_write(
    library: Library, tmp_path: Path, notes: Path, words: Any
) -> None:
    collection = library.collection()
    collection.index([notes])
    assert "Margit" in _found(collection, "boat")[0]
    other = Library(tmp_path / "library", encoder=words)
    (notes / "boat.md").write_text("# The boat\n\nThe boat is called Solveig.\n", encoding="utf-8")
    other.collection().index()
    other.close()
    assert "Solveig" in _found(collection, "boat called")[0]
    assert not any("Margit" in text for text in _found(collection, "Margit", k=50))


def test_stamps_are_trusted_and_only_when_nothing_can_hide_behind_them(
    library: Library, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.load.source import Source

    read: list[str] = []
    real = Source.read

    def counted(self: Source) -> bytes:
        read.append(self.name)
        return real(self)

    monkeypatch.setattr(Source, "read", counted)
    collection = library.collection()
    collection.index([notes])
    assert len(read) == 3
    # They were written just now: a change within the same tick of the clock would leave no trace.
    collection.index([notes])
    assert len(read) == 6
    for file in notes.rglob("*.*"):
        os.utime(file, (time.time() - 60,) * 2)
    collection.index([notes])
    assert len(read) == 9
    collection.index([notes])
    assert len(read) == 9
    assert len(collection.index([notes], fresh=True).added) == 0
    assert len(read) == 12


def test_a_file_that_a_folder_and_a_path_of_its_own_brought_goes_when_its_gone(
    library: Library, notes: Path
) -> None:
    collection = library.collection()
    collection.index([notes / "boat.md"])
    collection.index([notes])
    (notes / "boat.md").unlink()
    assert collection.index([notes]).removed == [str(notes / "boat.md")]


def test_a_hidden_file_that_was_named_stays_when_its_folder_is_indexed(library: Library, notes: Path) -> None:
    (notes / ".hidden.md").write_text("Hidden words.", encoding="utf-8")
    collection = library.collection()
    collection.index([notes / ".hidden.md"])
    assert collection.index([notes]).removed == []


def test_one_path_that_is_gone_doesnt_hold_up_the_others(
    library: Library, notes: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.md").write_text("Alpha.", encoding="utf-8")
    collection = library.collection()
    collection.index([notes, str(other / "*.md")])
    (other / "a.md").unlink()
    other.rmdir()
    (notes / "new.md").write_text("Newly written.", encoding="utf-8")
    report = collection.index()
    assert (report.added, report.removed) == ([str(notes / "new.md")], [str(other / "a.md")])
    assert set(report.skipped) == {str(other / "*.md")}


def test_sources_can_be_named_as_paths_from_here(
    library: Library, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = library.collection()
    collection.index([notes])
    monkeypatch.chdir(notes)
    collection.remove(["boat.md"])
    assert collection.counts()[0] == 2
    monkeypatch.chdir(notes.parent)
    collection.remove(["notes/"])
    assert collection.counts() == (0, 0)


@pytest.mark.parametrize("key", ["scores", "ranks", "path", "start", "source_end"])
def test_metadata_with_names_that_mean_something_here_are_refused(library: Library, key: str) -> None:
    with pytest.raises(UsageError, match=f"{key} means something else"):
        library.collection().add([Document(id="a", page_content="x", metadata={key: "1"})])


def test_metadata_of_none_say_nothing(library: Library) -> None:
    collection = library.collection()
    collection.add([Document(id="a", page_content="x", metadata={"author": None, "year": 1802})])
    (found,) = collection.retriever("dense").invoke("x")
    assert ("author" in found.metadata, found.metadata["year"]) == (False, 1802)


def test_what_fails_in_the_encoder_is_told_as_it_is(tmp_path: Path, notes: Path, words: Any) -> None:
    class Refusing(type(words)):  # type: ignore[misc]
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            raise ConnectionRefusedError("nobody there")

    library = Library(tmp_path / "library", encoder=Refusing())
    with pytest.raises(ConnectionRefusedError, match="nobody there"):
        library.collection().index([notes])
    library.close()


def test_a_metadata_change_is_seen_by_every_arm_at_once(library: Library) -> None:
    collection = library.collection()
    collection.add([Document(id="a", page_content="heron", metadata={"status": "secret"})])
    collection.add([Document(id="a", page_content="heron", metadata={"status": "public"})])
    for way in ("bm25", "dense", "hybrid"):
        retriever = collection.retriever(way)
        assert retriever.invoke("heron", filter={"status": "secret"}) == [], way
        assert len(retriever.invoke("heron", filter={"status": "public"})) == 1, way
