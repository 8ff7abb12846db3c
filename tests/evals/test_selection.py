from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.sample import Sample, digest
from evals.selection import select
from homespun.errors import UsageError

SAMPLES = [Sample(f"s{number}", number) for number in range(40)]


@given(st.integers(1, 45), st.integers(0, 5))
def test_a_limit_takes_the_smallest_hashes_in_the_datas_order(limit: int, seed: int) -> None:
    taken = select(iter(SAMPLES), limit, seed)
    wanted = sorted(SAMPLES, key=lambda sample: digest(seed, sample.id))[:limit]
    assert taken == [sample for sample in SAMPLES if sample in wanted]


def test_a_larger_limit_keeps_what_a_smaller_one_took() -> None:
    taken = [{sample.id for sample in select(SAMPLES, limit, 3)} for limit in range(1, 41)]
    assert all(small < large for small, large in pairwise(taken))
    assert select(SAMPLES, None, 3) == SAMPLES
    assert select(SAMPLES, 7, 3) != select(SAMPLES, 7, 4)


def test_ids_are_told_apart_and_there_is_something_to_ask() -> None:
    with pytest.raises(UsageError, match="'s1'"):
        select([*SAMPLES, Sample("s1", 0)], 3, 0)
    with pytest.raises(UsageError, match="no samples"):
        select([], None, 0)
