"""What was embedded once isn't embedded again, and a cache that can't be used costs no answer."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from rag.cache import BATCH, CachedEmbeddings


class Lengths(Embeddings):
    """A text's vector is its length; counts what it reads."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.stops_after: int | None = None

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if self.stops_after is not None and len(self.read) >= self.stops_after:
            raise KeyboardInterrupt
        self.read += texts
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [float(len(text)), 1.0]


def test_equal_texts_are_read_once_also_by_the_next_process(tmp_path: Path) -> None:
    file = tmp_path / "cache.sqlite"
    first = Lengths()
    rows = CachedEmbeddings(first, "m", file).embed(["a", "bb", "a"])
    assert sorted(first.read) == ["a", "bb"]
    assert rows.tolist() == [[1, 1], [2, 1], [1, 1]]
    second = Lengths()
    cached = CachedEmbeddings(second, "m", file)
    assert cached.embed(["bb", "ccc"]).tolist() == [[2, 1], [3, 1]]
    assert second.read == ["ccc"]
    assert cached.computed == 1
    assert all(type(value) is float for value in cached.embed_documents(["bb"])[0])


def test_another_model_has_vectors_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "cache.sqlite"
    CachedEmbeddings(Lengths(), "one", file).embed(["a"])
    other = Lengths()
    CachedEmbeddings(other, "two", file).embed(["a"])
    assert other.read == ["a"]


def test_what_was_done_before_a_stop_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "cache.sqlite"
    texts = [f"text {number + 1000}" for number in range(3 * BATCH)]
    stopped = Lengths()
    stopped.stops_after = 2 * BATCH
    with pytest.raises(KeyboardInterrupt):
        CachedEmbeddings(stopped, "m", file).embed(texts)
    after = Lengths()
    CachedEmbeddings(after, "m", file).embed(texts)
    assert after.read == texts[2 * BATCH :]


def test_it_tells_how_far_it_is(tmp_path: Path) -> None:
    told: list[int] = []
    cached = CachedEmbeddings(Lengths(), "m", tmp_path / "cache.sqlite")
    cached.embed(["kept"])
    cached.embed(["kept", *(f"new {number}" for number in range(BATCH + 1))], told.append)
    assert told == [1, BATCH + 1, BATCH + 2]


@pytest.mark.parametrize("harm", ["damaged", "folder", "none"])
def test_without_a_file_that_works_everything_is_computed(tmp_path: Path, harm: str) -> None:
    file = tmp_path / "cache.sqlite"
    if harm == "damaged":
        file.write_bytes(b"nonsense" * 1000)
    elif harm == "folder":
        file.mkdir()
    cached = CachedEmbeddings(Lengths(), "m", None if harm == "none" else file)
    assert cached.embed(["a", "bb"]).tolist() == [[1, 1], [2, 1]]


def test_a_kept_vector_of_another_width_is_computed_again(tmp_path: Path) -> None:
    file = tmp_path / "cache.sqlite"
    cached = CachedEmbeddings(Lengths(), "m", file)
    cached.embed(["a", "bb"])
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("UPDATE vectors SET vector = x'00000000' WHERE rowid = 1")
    connection.close()
    again = CachedEmbeddings(Lengths(), "m", file)
    assert again.embed(["a", "bb", "ccc"]).tolist() == [[1, 1], [2, 1], [3, 1]]


def test_it_stays_within_its_bound_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    file = tmp_path / "cache.sqlite"
    bound = 200_000
    for number in range(0, 12_000, 1000):
        CachedEmbeddings(Lengths(), "m", file, bound).embed(
            [f"text {one}" for one in range(number, number + 1000)]
        )
    connection = sqlite3.connect(file)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    connection.close()
    assert (pages - free) * 4096 < 2 * bound
    last = Lengths()
    CachedEmbeddings(last, "m", file, bound).embed(["text 11999", "text 0"])
    assert last.read == ["text 0"]


def test_no_texts_are_no_vectors() -> None:
    assert CachedEmbeddings(Lengths(), "m").embed([]).shape == (0, 0)
    assert np.float32 == CachedEmbeddings(Lengths(), "m").embed(["a"]).dtype
