"""The likeliest spans are those that trying all of them finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.encoders.spans import likely_spans

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
