"""The two kinds of FAISS's indexes, as they're used here."""

from __future__ import annotations

import numpy as np
import pytest

from rag.stores.near import Near

VECTORS = np.random.default_rng(4).standard_normal((300, 6)).astype(np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)
NUMBERS = np.arange(300, dtype=np.int64) * 3 + 1


@pytest.fixture(params=[False, True], ids=["flat", "graph"])
def near(request: pytest.FixtureRequest) -> Near:
    made = Near(6, graph=request.param)
    made.add(NUMBERS[:200], VECTORS[:200])
    made.add(NUMBERS[200:], VECTORS[200:])
    return made


def test_the_nearest_come_with_their_cosines(near: Near) -> None:
    numbers, cosines = near.search(VECTORS[7], 5)
    wanted = np.argsort(-(VECTORS @ VECTORS[7]))[:5]
    assert numbers.tolist() == NUMBERS[wanted].tolist()
    np.testing.assert_allclose(cosines, (VECTORS @ VECTORS[7])[wanted], atol=1e-6)


def test_no_more_come_than_there_are(near: Near) -> None:
    assert len(near.search(VECTORS[0], 1000)[0]) == 300
    assert len(Near(6).search(VECTORS[0], 3)[0]) == 0
    assert len(Near(6, graph=True).search(VECTORS[0], 3)[0]) == 0


@pytest.mark.parametrize("many", [3, 250])
def test_among_some_rows_all_of_them_are_compared(near: Near, many: int) -> None:
    some = NUMBERS[5 : 5 + many]
    numbers, _ = near.among(VECTORS[7], 4, np.concatenate([some, [2, 5000]]))
    wanted = 5 + np.argsort(-(VECTORS[5 : 5 + many] @ VECTORS[7]))[:4]
    assert numbers.tolist() == NUMBERS[wanted].tolist()
    assert len(near.among(VECTORS[7], 4, some[:0])[0]) == 0


def test_what_is_gone_is_not_found(near: Near) -> None:
    near.keep(NUMBERS[::50])
    assert near.live == 6
    assert near.dead
    assert sorted(near.search(VECTORS[7], 10)[0].tolist()) == NUMBERS[::50].tolist()
    assert near.among(VECTORS[7], 10, NUMBERS[:60])[0].tolist() in ([1, 151], [151, 1])
    fresh = near.anew(graph=False)
    assert not fresh.dead
    assert fresh.numbers.tolist() == NUMBERS[::50].tolist()
    np.testing.assert_array_equal(fresh.search(VECTORS[50], 1)[0], NUMBERS[50:51])


def test_up_to_a_fifth_may_be_gone(near: Near) -> None:
    near.keep(NUMBERS[60:])
    assert not near.dead
    near.keep(NUMBERS[61:])
    assert near.dead
