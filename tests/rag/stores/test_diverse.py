from __future__ import annotations

import numpy as np
import pytest
from langchain_core.vectorstores.utils import maximal_marginal_relevance

from rag.stores.diverse import diverse


def _places(question: np.ndarray, rows: np.ndarray, k: int, weight: float) -> list[int]:
    return [place for place, _ in diverse(rows @ question, rows, k, weight)]


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.5, 1.0])
def test_chooses_as_langchain_does(weight: float) -> None:
    rows = np.random.default_rng(3).standard_normal((40, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    question, rows = rows[0], rows[1:]
    theirs = maximal_marginal_relevance(question, list(rows), lambda_mult=weight, k=12)
    assert _places(question, rows, 12, weight) == theirs


def test_what_is_like_another_comes_later() -> None:
    rows = np.array([[1, 0, 0], [1, 0, 0], [0.8, 0.6, 0]], dtype=np.float32)
    assert _places(rows[0], rows, 2, 0.3) == [0, 2]
    assert _places(rows[0], rows, 2, 1.0) == [0, 1]


def test_there_may_be_fewer_than_asked_for() -> None:
    rows = np.eye(2, dtype=np.float32)
    assert sorted(_places(rows[0], rows, 5, 0.5)) == [0, 1]
    assert _places(rows[0], rows, 0, 0.5) == []
    assert _places(rows[0], rows[:0], 3, 0.5) == []


def test_each_is_given_with_what_it_was_worth() -> None:
    rows = np.array([[1, 0], [0.6, 0.8]], dtype=np.float32)
    (first, gain), (second, other) = diverse(np.array([1.0, 0.5]), rows, 2, 0.5)
    assert (first, gain, second) == (0, 0.5, 1)
    assert other == pytest.approx(0.5 * 0.5 - 0.5 * 0.6)
