from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.abstention import abstention


def test_shares_by_hand() -> None:
    found = abstention([True, True, True, False, False], [True, True, False, True, False])
    assert found.precision == pytest.approx(2 / 3)
    assert found.recall == pytest.approx(2 / 3)
    assert found.f1 == pytest.approx(2 / 3)


def test_what_was_not_there_has_no_share() -> None:
    assert abstention([], []) == (None, None, None)
    assert abstention([False], [False]) == (None, None, None)
    assert abstention([True], [False]) == (0.0, None, 0.0)
    assert abstention([False], [True]) == (None, 0.0, 0.0)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="equally long"):
        abstention([True], [])


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_equal_to_scikit_learn(rows: list[tuple[bool, bool]]) -> None:
    from sklearn.metrics import f1_score, precision_score, recall_score

    said, due = [a for a, _ in rows], [b for _, b in rows]
    found = abstention(said, due)
    for ours, theirs in zip(found, (precision_score, recall_score, f1_score), strict=True):
        if ours is not None:
            assert ours == pytest.approx(theirs(due, said, zero_division=0))
