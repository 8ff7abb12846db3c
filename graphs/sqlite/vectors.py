"""Vectors as bytes, little-endian float32 of length one, and their cosines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np


def pack(vector: Sequence[float], dims: int | None = None) -> bytes:
    """Returns the bytes of a vector, scaled to length one; zeros stay zeros.

    Raises:
        ValueError: If it isn't one row of finite numbers, or hasn't `dims` of them.
    """
    row = np.asarray(vector, dtype=np.float64)
    if row.ndim != 1 or (dims is not None and len(row) != dims):
        wanted = "one row" if dims is None else f"{dims} numbers"
        raise ValueError(f"An embedding should be {wanted}, not of shape {row.shape}.")
    if not np.isfinite(row).all():
        raise ValueError("An embedding holds what isn't a finite number.")
    # By the largest first: the square of a very large or very small number isn't a number to count on.
    largest = np.abs(row).max(initial=0.0)
    if largest > 0:
        row = row / largest
        row = row / np.linalg.norm(row)
    return row.astype("<f4").tobytes()


def best_cosines(vectors: Iterable[tuple[int, bytes]], query: bytes) -> dict[int, float]:
    """Returns the largest cosine of each item's vectors with the query.

    Args:
        vectors: An item's number and one of its packed vectors, in any order, each as long as the query.
        query: A packed vector.
    """
    rows = list(vectors)
    if not rows:
        return {}
    wanted = np.frombuffer(query, dtype="<f4")
    matrix = np.frombuffer(b"".join(packed for _, packed in rows), dtype="<f4").reshape(
        len(rows), len(wanted)
    )
    numbers, places = np.unique([number for number, _ in rows], return_inverse=True)
    best = np.full(len(numbers), -1.0)
    np.maximum.at(best, places, np.clip(matrix @ wanted, -1.0, 1.0))
    return dict(zip(numbers.tolist(), best.tolist(), strict=True))
