"""Maximal marginal relevance: near the question, and not all alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray


def diverse(question: NDArray[float32], rows: NDArray[float32], k: int, weight: float) -> list[int]:
    """Returns the places of up to `k` rows in the order in which they're chosen.

    Each is the one with the greatest ``weight * cos(question) - (1 - weight) * max cos(chosen)``; the first
    is the nearest to the question, and of equals the earlier wins.

    Args:
        question: [width], of length 1.
        rows: [n, width], each of length 1.
        k: how many.
        weight: 1 looks at the question alone, 0 (after the first) at being different alone.
    """
    import numpy as np

    if not len(rows) or k < 1:
        return []
    near = (rows @ question).astype(np.float64)
    chosen = [int(near.argmax())]
    alike = np.full(len(rows), -np.inf)
    while len(chosen) < min(k, len(rows)):
        alike = np.maximum(alike, rows @ rows[chosen[-1]])
        worth = weight * near - (1 - weight) * alike
        worth[chosen] = -np.inf
        chosen.append(int(worth.argmax()))
    return chosen
