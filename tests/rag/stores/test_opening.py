"""Addresses of stores."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from homespun.errors import UnknownName, UsageError
from rag.stores import STORES
from rag.stores.opening import open_store


def test_an_address_leads_to_a_store(tmp_path: Path) -> None:
    with open_store("faiss", folder=tmp_path / "a", model="m") as store:
        store.add_texts([])
        assert type(store).__name__ == "FaissStore"
        assert store.embeddings is None
    pytest.importorskip("chromadb")
    with open_store("chroma", folder=tmp_path / "b", name="some-name") as store:
        assert type(store).__name__ == "ChromaStore"
    assert STORES.listed() == ("faiss", "chroma")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "empty.*faiss, chroma"),
        (":x", "empty"),
        ("fais", "Did you mean faiss"),
        ("faiss:here", "nothing behind"),
        ("chroma:localhost", "http://host:port"),
        ("chroma:ftp://localhost:1", "http://host:port"),
        ("chroma:http://localhost:1/path", "http://host:port"),
        ("chroma:http://localhost:port", "http://host:port"),
    ],
)
def test_an_address_that_leads_nowhere_is_told(address: str, said: str, tmp_path: Path) -> None:
    pytest.importorskip("chromadb")
    with pytest.raises(UsageError, match=said) as told:
        open_store(address, folder=tmp_path)
    assert isinstance(told.value, UnknownName) is (address == "fais")


def test_listing_and_importing_load_nothing_heavy() -> None:
    script = (
        "import sys, rag.stores, rag.stores.opening, rag.stores.faiss, rag.stores.chroma\n"
        "print([name for name in ('faiss', 'chromadb', 'torch', 'numpy') if name in sys.modules])"
    )
    root = Path(__file__).parents[3]
    run = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
