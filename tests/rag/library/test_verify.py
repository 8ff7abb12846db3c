"""What is broken is found and named, and mended from what is whole."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag import Library
from rag.errors import Corrupt
from rag.library.collection import Collection

VECTORS = Path("vectors") / "vectors.sqlite"


@pytest.fixture
def broken(tmp_path: Path, notes: Path, words: Any) -> Callable[[Callable[[Path], None]], Collection]:
    """Makes a collection, closes it, breaks its folder and opens it again."""

    def make(harm: Callable[[Path], None]) -> Collection:
        library = Library(tmp_path / "library", encoder=words)
        collection = library.collection()
        collection.index([notes])
        assert collection.verify(deep=True) == []
        library.close()
        harm(collection.folder)
        return Library(tmp_path / "library", encoder=words).collection()

    return make


def _sql(file: Path, *lines: str) -> None:
    connection = sqlite3.connect(file)
    with connection:
        for line in lines:
            connection.execute(line)
    connection.close()


def _lexical(folder: Path) -> Path:
    (index,) = (folder / "lexical").iterdir()
    return index


def _cut_file(folder: Path) -> None:
    largest = max(_lexical(folder).iterdir(), key=lambda file: file.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-7])


def _flip_byte(folder: Path) -> None:
    largest = max(_lexical(folder).iterdir(), key=lambda file: file.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[-1] ^= 255
    largest.write_bytes(bytes(content))


def _harm_page(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for place in range(8192, len(content), 8192):
        content[place + 4000 : place + 4064] = b"\xff" * 64
        content[place : place + 8] = b"\x00" * 8
    file.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("harm", "part", "said"),
    [
        (lambda folder: _sql(folder / VECTORS, "DELETE FROM rows WHERE number = 2"), "vectors", "no vector"),
        (
            lambda folder: _sql(
                folder / VECTORS,
                "INSERT INTO rows (id, text, metadata, vector) "
                "SELECT 'stray', text, metadata, vector FROM rows WHERE number = 1",
            ),
            "vectors",
            "belong to no chunk",
        ),
        (
            lambda folder: _sql(folder / VECTORS, "UPDATE rows SET vector = x'0000' WHERE number = 1"),
            "vectors",
            "can't be used",
        ),
        (
            lambda folder: _sql(folder / VECTORS, "UPDATE rows SET text = 'other' WHERE number = 1"),
            "vectors",
            "another text",
        ),
        (
            lambda folder: _sql(
                folder / VECTORS,
                "UPDATE rows SET vector = (SELECT vector FROM rows WHERE number = 2) WHERE number = 1",
            ),
            "vectors",
            "aren't those of their texts",
        ),
        (lambda folder: (folder / VECTORS).write_bytes(b"no database" * 900), "vectors", "file is damaged"),
        (lambda folder: _harm_page(folder / VECTORS), "vectors", ""),
        (
            lambda folder: _sql(
                folder / VECTORS,
                "UPDATE rows SET vector = CAST(x'0000803f' || substr(vector, 5) AS BLOB) WHERE number = 1",
            ),
            "vectors",
            "a length of",
        ),
        (lambda folder: shutil.rmtree(_lexical(folder)), "lexical", ""),
        (_cut_file, "lexical", ""),
        (_flip_byte, "lexical", ""),
        (
            lambda folder: _sql(folder / "manifest.sqlite", "DELETE FROM meta WHERE key = 'lexical'"),
            "lexical",
            "none",
        ),
    ],
)
def test_a_fault_is_named_and_mended(
    broken: Callable[[Callable[[Path], None]], Collection],
    harm: Callable[[Path], None],
    part: str,
    said: str,
) -> None:
    collection = broken(harm)
    faults = collection.verify(deep=True)
    assert {fault.part for fault in faults} == {part}
    assert said in str(faults[0])
    assert all(fault.mendable for fault in faults)
    assert collection.repair() == faults
    assert collection.verify(deep=True) == []
    assert "Margit" in collection.retriever("hybrid").invoke("boat called")[0].page_content
    collection.close()


def test_searching_goes_on_without_the_lexical_index(
    broken: Callable[[Callable[[Path], None]], Collection],
) -> None:
    collection = broken(lambda folder: shutil.rmtree(folder / "lexical"))
    assert "Margit" in collection.retriever("bm25").invoke("boat")[0].page_content
    collection.close()


def test_without_any_vectors_all_are_made_again(
    broken: Callable[[Callable[[Path], None]], Collection],
) -> None:
    collection = broken(lambda folder: shutil.rmtree(folder / "vectors"))
    (fault,) = collection.verify()
    assert len(fault.ids) == collection.counts()[1]
    collection.repair()
    assert collection.verify(deep=True) == []
    collection.close()


def test_records_that_contradict_themselves_are_told_and_left(
    broken: Callable[[Callable[[Path], None]], Collection],
) -> None:
    collection = broken(
        lambda folder: _sql(
            folder / "manifest.sqlite", "UPDATE chunks SET text = 'forged' WHERE position = 0"
        )
    )
    faults = collection.verify()
    assert not all(fault.mendable for fault in faults)
    assert any(fault.part == "records" for fault in collection.repair())
    assert any(fault.part == "records" for fault in collection.verify())
    collection.close()


def test_records_that_cant_be_read_are_one_clear_line(tmp_path: Path, notes: Path, words: Any) -> None:
    library = Library(tmp_path / "library", encoder=words)
    collection = library.collection()
    collection.index([notes])
    library.close()
    (collection.folder / "manifest.sqlite").write_bytes(b"not a database" * 100)
    after = Library(tmp_path / "library", encoder=words)
    with pytest.raises(Corrupt, match="collections delete"):
        after.collection().verify()
    (listed,) = after.collections()
    assert "damaged" in listed.trouble
    after.close()


def test_a_search_without_any_vectors_says_so(
    broken: Callable[[Callable[[Path], None]], Collection],
) -> None:
    collection = broken(lambda folder: shutil.rmtree(folder / "vectors"))
    for way in ("dense", "hybrid"):
        with pytest.raises(Corrupt, match="--repair"):
            collection.retriever(way).invoke("boat")
    assert collection.retriever("bm25").invoke("boat")
    collection.close()


@pytest.mark.parametrize(
    "line",
    [
        "UPDATE chunks SET metadata = 'no json' WHERE position = 0",
        "UPDATE sources SET text = x'0011' WHERE number = 1",
        "UPDATE sources SET about = '[' WHERE number = 2",
        "UPDATE sources SET origin = NULL WHERE number = 3",
    ],
)
def test_values_of_records_that_cant_be_read_are_a_fault_and_no_crash(
    broken: Callable[[Callable[[Path], None]], Collection], line: str
) -> None:
    collection = broken(lambda folder: _sql(folder / "manifest.sqlite", line))
    for found in (collection.verify(), collection.repair(), collection.verify(deep=True)):
        assert [(fault.part, fault.mendable) for fault in found] == [("records", False)]
    collection.close()
