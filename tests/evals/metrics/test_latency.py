import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.latency import percentile, throughput


@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(0, 4)), max_size=30),
    st.one_of(st.sampled_from([0, 50, 95, 99, 100]), st.floats(0, 100)),
)
def test_a_percentile_is_numpys_over_rows_repeated_by_weight(rows: list[tuple[float, int]], q: float) -> None:
    repeated = [value for value, times in rows for _ in range(times)]
    found = percentile([value for value, _ in rows], [times for _, times in rows], q=q)
    if not repeated:
        assert found is None
    else:
        assert found == pytest.approx(float(np.percentile(repeated, q)), abs=1e-6, rel=1e-9)


def test_without_weights_each_value_counts_once() -> None:
    assert percentile([4, 1, 3, 2], q=50) == 2.5
    assert percentile([], q=50) is None


def test_only_percentages_are_taken() -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        percentile([1], q=101)
    with pytest.raises(ValueError, match="finite"):
        percentile([float("inf")], q=50)


def test_throughput_needs_time() -> None:
    assert throughput(30, 2) == 15
    for amount, seconds in ((1, 0), (1, -1), (-1, 1)):
        with pytest.raises(ValueError, match="throughput needs"):
            throughput(amount, seconds)
