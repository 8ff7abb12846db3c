from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.matching import matching

tables = st.integers(0, 4).flatmap(
    lambda columns: st.lists(st.lists(st.booleans(), min_size=columns, max_size=columns), max_size=4)
)


@given(tables)
def test_as_many_pairs_as_any_assignment_has(table: list[list[bool]]) -> None:
    pairs = matching(table)
    assert all(table[row][column] for row, column in pairs.items())
    assert len(set(pairs.values())) == len(pairs)
    columns = range(len(table[0]) if table else 0)
    padded = [*columns, *[-1] * len(table)]
    best = max(
        sum(column >= 0 and table[row][column] for row, column in enumerate(chosen))
        for chosen in set(permutations(padded, len(table)))
    )
    assert len(pairs) == best


def test_a_row_that_came_first_moves_over() -> None:
    assert matching([[True, True], [True, False]]) == {0: 1, 1: 0}
