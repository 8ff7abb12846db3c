"""The likeliest spans are those that trying all of them finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.encoders.spans import likely_spans, most_shared

LOGITS = arrays(np.float32, 12, elements=st.floats(-20, 20, width=32))


@given(LOGITS, LOGITS, st.integers(1, 12), st.integers(0, 11), st.integers(1, 6), st.integers(1, 9))
def test_spans_are_the_best_of_all(
    start: np.ndarray, end: np.ndarray, begin: int, count: int, longest: int, most: int
) -> None:
    stop = min(12, begin + count)
    none = float(start[0]) + float(end[0])
    every = sorted(
        (
            (float(start[i]) + float(end[j]) - none, i, j)
            for i in range(begin, stop)
            for j in range(i, min(stop, i + longest))
        ),
        reverse=True,
    )
    spans, total = likely_spans(start, end, begin, stop, longest, most)
    assert len(spans) <= min(most, len(every))
    assert [span.odds for span in spans] == pytest.approx(
        [odds for odds, _, _ in every[: len(spans)]], abs=1e-4
    )
    for span in spans:
        assert begin <= span.first <= span.last < stop
        assert span.last - span.first < longest
    if every:
        assert spans
        assert total == pytest.approx(np.logaddexp.reduce([odds for odds, _, _ in every]), abs=1e-4)
    else:
        assert total == float("-inf")


def test_as_many_as_wanted_are_given_where_there_are_so_many() -> None:
    zeros = np.zeros(6, np.float32)
    assert len(likely_spans(zeros, zeros, 1, 6, 2, 9)[0]) == 9
    assert len(likely_spans(zeros, zeros, 1, 6, 2, 3)[0]) == 3


def chosen(*spans: tuple[float, int, int, int]) -> int:
    """Of spans as (odds, text, start, end)."""
    odds, texts, starts, ends = (np.asarray(column) for column in zip(*spans, strict=True))
    return most_shared(odds.astype(float), ends - starts, texts, list(zip(starts, ends, strict=True)))


def test_of_spans_as_likely_the_one_that_shares_most_with_the_others_is_taken() -> None:
    assert chosen((2.0, 0, 11, 15), (2.0, 0, 8, 15), (2.0, 0, 2, 15), (2.3, 0, 40, 44)) == 1


def test_a_span_far_likelier_than_others_is_taken_whatever_they_share() -> None:
    assert chosen((2.0, 0, 11, 15), (2.0, 0, 10, 15), (6.0, 0, 40, 44)) == 2


def test_the_same_place_of_another_text_is_another_place() -> None:
    assert chosen((2.0, 0, 4, 8), (2.1, 1, 4, 8), (2.0, 0, 4, 9)) in (0, 2)


@given(
    st.lists(
        st.tuples(st.floats(-30, 30), st.integers(0, 2), st.integers(0, 50), st.integers(1, 9)),
        min_size=1,
        max_size=30,
    )
)
def test_a_single_place_wins_over_itself_and_any_list_has_a_winner(
    spans: list[tuple[float, int, int, int]],
) -> None:
    found = chosen(*[(odds, text, start, start + length) for odds, text, start, length in spans])
    assert 0 <= found < len(spans)
