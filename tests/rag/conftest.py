"""A library with quick embeddings, and a folder of files to be indexed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from rag import Library


def _hashed() -> Any:
    path = Path(__file__).with_name("hashed.py")
    spec = spec_from_file_location("hashed_words", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules.setdefault("hashed_words", module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def words() -> Any:
    """Embeddings that say what they read."""
    return _hashed().HashedWords()


@pytest.fixture
def breaking() -> Callable[[int], Any]:
    """Makes embeddings that break down after so many texts."""
    return lambda count: _hashed().HashedWords(fails_after=count)


@pytest.fixture
def library(tmp_path: Path, words: Any) -> Iterator[Library]:
    """An empty library."""
    made = Library(tmp_path / "library", encoder=words)
    yield made
    made.close()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A folder with three files: two in Markdown, one in plain text in a folder of its own."""
    folder = tmp_path / "notes"
    (folder / "deep").mkdir(parents=True)
    (folder / "lease.md").write_text(
        "# The lease\n\n## Rent\n\nThe rent of 900 crowns is due on the first of each month.\n\n"
        "## Pets\n\nOne cat is allowed. Geese need the landlord's consent.\n",
        encoding="utf-8",
    )
    (folder / "boat.md").write_text(
        "# The boat\n\nThe boat is called Margit. Her mooring is number 14.\n", encoding="utf-8"
    )
    (folder / "deep" / "soup.txt").write_text(
        "Simmer the leeks for twenty minutes. Add cream at the end.\n", encoding="utf-8"
    )
    return folder
