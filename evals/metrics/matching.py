"""A maximum matching: pairs of rows and columns, each used once, as many as there can be."""

from __future__ import annotations

from collections.abc import Sequence


def matching(allowed: Sequence[Sequence[bool]]) -> dict[int, int]:
    """Returns a maximum bipartite matching, row → column, by Kuhn's augmenting paths.

    Rows that come first keep a partner once they have one, and of several partners the first is tried first,
    so the result is the same every time.

    Args:
        allowed: for each row, which columns it may be paired with.
    """
    owner: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for column, fits in enumerate(allowed[row]):
            if not fits or column in seen:
                continue
            seen.add(column)
            if column not in owner or place(owner[column], seen):
                owner[column] = row
                return True
        return False

    for row in range(len(allowed)):
        place(row, set())
    return {row: column for column, row in sorted(owner.items(), key=lambda pair: pair[1])}
