"""Graphs in files: what is there again, and what is not believed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from rag.stores import kept
from rag.stores.near import Near

VECTORS = np.random.default_rng(4).standard_normal((50, 6)).astype(np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)


@pytest.fixture
def graph() -> Near:
    made = Near(6, graph=True)
    made.add(np.arange(1, 51), VECTORS)
    return made


def test_a_kept_graph_finds_the_same_and_grows(graph: Near, tmp_path: Path) -> None:
    assert kept.save(tmp_path, "mine", graph)
    again = kept.load(tmp_path, "mine", 6, 50)
    assert again is not None
    for mine, theirs in zip(graph.search(VECTORS[3], 9), again.search(VECTORS[3], 9), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    again.add(np.array([60]), VECTORS[:1])
    assert set(again.search(VECTORS[0], 2)[0].tolist()) == {1, 60}


def test_only_the_last_is_kept(graph: Near, tmp_path: Path) -> None:
    kept.save(tmp_path, "mine", graph)
    left = tmp_path / ".graph-7.faiss.0123456789ab.tmp"
    left.touch()
    os.utime(left, (1, 1))
    graph.add(np.array([60]), VECTORS[:1])
    kept.save(tmp_path, "mine", graph)
    assert [path.name for path in tmp_path.iterdir()] == ["graph-60.faiss"]


def test_a_graph_of_another_store_width_or_time_is_not_believed(graph: Near, tmp_path: Path) -> None:
    kept.save(tmp_path, "mine", graph)
    assert kept.load(tmp_path, "other", 6, 50) is None
    assert kept.load(tmp_path, "mine", 7, 50) is None
    assert kept.load(tmp_path, "mine", 6, 49) is None
    assert kept.load(tmp_path, "mine", 6, 51) is not None


@pytest.mark.parametrize("place", [0, 3, 200, 5000, -40, -1])
def test_a_damaged_file_is_not_believed(graph: Near, tmp_path: Path, place: int) -> None:
    kept.save(tmp_path, "mine", graph)
    path = tmp_path / "graph-50.faiss"
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    assert kept.load(tmp_path, "mine", 6, 50) is None


@pytest.mark.parametrize("size", [0, 20, 100, 3000])
def test_a_file_that_was_cut_short_is_not_believed(graph: Near, tmp_path: Path, size: int) -> None:
    kept.save(tmp_path, "mine", graph)
    os.truncate(tmp_path / "graph-50.faiss", size)
    assert kept.load(tmp_path, "mine", 6, 50) is None


def test_a_folder_that_can_not_be_written_is_no_trouble(graph: Near, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not kept.save(tmp_path / "file", "mine", graph)
