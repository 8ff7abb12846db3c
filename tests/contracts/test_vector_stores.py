"""LangChain's own tests of vector stores, on every kind there is; none is left out."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from langchain_core.vectorstores import VectorStore
from langchain_tests.integration_tests import VectorStoreIntegrationTests

from rag.stores.faiss import FaissStore


class TestFaiss(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, tmp_path: Path) -> Iterator[VectorStore]:
        with FaissStore(tmp_path / "store", self.get_embeddings()) as store:
            yield store


class TestFaissGraph(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, tmp_path: Path) -> Iterator[VectorStore]:
        with FaissStore(tmp_path / "store", self.get_embeddings(), flat_up_to=0) as store:
            yield store


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all: a folder takes Chroma longer to make than a collection."""
    return tmp_path_factory.mktemp("chroma")


class TestChroma(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, folder: Path) -> Iterator[VectorStore]:
        pytest.importorskip("chromadb")
        from rag.stores.chroma import ChromaStore

        with ChromaStore(f"c-{uuid.uuid4().hex}", self.get_embeddings(), folder=folder) as store:
            yield store


@pytest.fixture(scope="module")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that was started for this file."""
    pytest.importorskip("chromadb")
    command = Path(sys.executable).with_name("chroma")
    if not command.exists():
        pytest.skip("the command chroma isn't installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("served")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [command, "run", "--host", "127.0.0.1", "--port", str(port), "--path", folder / "data"],
            stdout=log,
            stderr=log,
            cwd=folder,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            if not _answers(url, process):
                pytest.skip(f"chroma run didn't start: {(folder / 'log').read_text()[-300:]}")
            yield url
        finally:
            process.kill()
            process.wait()


class TestChromaServer(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, chroma_server: str) -> Iterator[VectorStore]:
        from rag.stores.chroma import ChromaStore

        with ChromaStore(f"c-{uuid.uuid4().hex}", self.get_embeddings(), url=chroma_server) as store:
            yield store


def test_no_connection_to_the_server_is_left_open(chroma_server: str) -> None:
    from rag.stores.chroma import ChromaStore

    with ChromaStore("some-name", url=chroma_server) as store:
        assert store.ids() == set()
        client = store._client
    assert client._server._session.is_closed
    assert client._admin_client._server._session.is_closed


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{url}/api/v2/heartbeat").is_success:
                return True
        except httpx.HTTPError:
            time.sleep(0.05)
    return False
