"""What only Chroma brings: its package, its servers, its threads, and what it would do unasked."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from langchain_core.documents import Document

from homespun.errors import HomespunError, UsageError
from rag.stores.chroma import ChromaStore

chromadb = pytest.importorskip("chromadb")


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "chromadb", None)
    with pytest.raises(UsageError, match=r'pip install "homespun\[chroma\]"'):
        ChromaStore("name", folder=tmp_path)


def test_one_place_is_needed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not both"):
        ChromaStore("name")
    with pytest.raises(UsageError, match="not both"):
        ChromaStore("name", folder=tmp_path, url="http://127.0.0.1:8000")


def test_reading_makes_nothing(tmp_path: Path) -> None:
    with ChromaStore("name", folder=tmp_path / "none") as store:
        assert store.nearest([1, 0], 1) == []
        store.delete(["a"])
    assert not (tmp_path / "none").exists()


def test_it_never_embeds_and_never_reports(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from chromadb.api.types import DefaultEmbeddingFunction
    from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("Chroma's own function was asked")

    for name in ("__call__", "_download_model_if_not_exists"):
        monkeypatch.setattr(ONNXMiniLM_L6_V2, name, refuse)
    monkeypatch.setattr(DefaultEmbeddingFunction, "__call__", refuse)
    monkeypatch.setenv("ANONYMIZED_TELEMETRY", "True")
    monkeypatch.setenv("CHROMA_OTEL_COLLECTION_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("ANONYMIZED_TELEMETRY=True\nCHROMA_SERVER_HOST=example.org\n")
    with ChromaStore("name", folder=tmp_path / "store") as store:
        store.add_vectors([Document(page_content="x")], [[1, 0]], ["a"])
        assert store.nearest([1, 0], 1) == [("a", 1.0)]
        settings = store._client.get_settings()
        assert settings.anonymized_telemetry is False
        assert settings.chroma_server_host is None
        assert not settings.chroma_otel_collection_endpoint


def test_a_closed_store_leaves_no_thread_behind(tmp_path: Path) -> None:
    def threads() -> int:
        return len(list(Path("/proc/self/task").iterdir()))

    with ChromaStore("name", folder=tmp_path) as store:
        store.add_vectors([Document(page_content="x")], [[1, 0]], ["a"])
    before = threads()
    for _ in range(3):
        with ChromaStore("name", folder=tmp_path) as store:
            store.add_vectors([Document(page_content="x")], [[1, 0]], ["a"])
            store.nearest([1, 0], 1)
    until = time.monotonic() + 10
    while threads() > before and time.monotonic() < until:
        time.sleep(0.01)  # the system takes a moment to end them
    assert threads() <= before


def test_two_may_have_one_folder_open(tmp_path: Path) -> None:
    with ChromaStore("one", folder=tmp_path) as one, ChromaStore("two", folder=tmp_path) as two:
        one.add_vectors([Document(page_content="x")], [[1, 0]], ["a"])
        two.add_vectors([Document(page_content="x")], [[1, 0]], ["b"])
        one.close()
        assert two.nearest([1, 0], 1) == [("b", 1.0)]
        with ChromaStore("one", folder=tmp_path) as again:
            assert again.ids() == {"a"}


def test_more_documents_than_chroma_takes_at_once(tmp_path: Path) -> None:
    ids = [f"{number:04d}" for number in range(2500)]
    vectors = np.random.default_rng(0).standard_normal((2500, 3))
    with ChromaStore("name", folder=tmp_path) as store:
        store.add_vectors([Document(page_content="x")] * 2500, vectors, ids)
        assert store.ids() == set(ids)
        assert len(store.vectors(ids)) == 2500
        store.delete(ids[:2400])
        assert store.ids() == set(ids[2400:])


@pytest.mark.parametrize("key", ["#document", "chroma:document", "#x", "chroma:x"])
def test_names_that_chroma_keeps_to_itself_are_refused(tmp_path: Path, key: str) -> None:
    with (
        ChromaStore("name", folder=tmp_path) as store,
        pytest.raises(UsageError, match="Chroma keeps to itself"),
    ):
        store.add_vectors([Document(page_content="x", metadata={key: "y"})], [[1, 0]], ["a"])


def test_a_name_that_chroma_does_not_take_is_told(tmp_path: Path) -> None:
    with ChromaStore("a b", folder=tmp_path) as store, pytest.raises(HomespunError, match=r"a-zA-Z0-9"):
        store.add_vectors([Document(page_content="x")], [[1, 0]], ["a"])


def test_a_collection_of_another_measure_is_refused(tmp_path: Path) -> None:
    with ChromaStore("other", folder=tmp_path) as store:
        client = store._connected()
        client.create_collection("name", embedding_function=None, configuration={"hnsw": {"space": "l2"}})
        with pytest.raises(UsageError, match="measures by l2"):
            ChromaStore("name", folder=tmp_path)


def test_a_server_that_is_not_there_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(HomespunError, match=f"Chroma at {url}"):
            ChromaStore("name", url=url)


def test_a_damaged_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(b"no database" * 500)
    with pytest.raises(HomespunError, match=r"Chroma at .*not a database"):
        ChromaStore("name", folder=tmp_path)
