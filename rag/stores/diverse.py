"""Maximal marginal relevance (Carbonell and Goldstein 1998): relevant, and not all alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy import float32, floating
    from numpy.typing import NDArray


def diverse(
    relevance: NDArray[floating[Any]], rows: NDArray[float32], k: int, weight: float
) -> list[tuple[int, float]]:
    """Returns the places of up to `k` rows in the order in which they're chosen, and what each was worth.

    Each is the one with the greatest ``weight * relevance - (1 - weight) * max cos(chosen)``; the first is
    the most relevant one, and of equals the earlier wins.

    Args:
        relevance: [n], such as the cosines with a question.
        rows: [n, width], each of length 1.
        k: how many.
        weight: 1 looks at relevance alone, 0 (after the first) at being different alone.
    """
    import numpy as np

    if not len(rows) or k < 1:
        return []
    near = relevance.astype(np.float64)
    first = int(near.argmax())
    chosen = [(first, weight * float(near[first]))]
    alike = np.full(len(rows), -np.inf)
    while len(chosen) < min(k, len(rows)):
        alike = np.maximum(alike, rows @ rows[chosen[-1][0]])
        worth = weight * near - (1 - weight) * alike
        worth[[place for place, _ in chosen]] = -np.inf
        best = int(worth.argmax())
        chosen.append((best, float(worth[best])))
    return chosen
