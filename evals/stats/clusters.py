"""Clusters: the independent groups among samples, and how they are drawn.

Contract: samples of one group (a document, a dialogue) rise and fall together, so every interval and test
here draws or swaps whole groups. Arrays over resamples are made in chunks of at most `CHUNK` numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from evals.measure import Array

CHUNK = 1_000_000
"""Numbers in one array over resamples: 8 MB, of which a handful are alive at once."""


class Clusters:
    """Which sample belongs to which group.

    Attributes:
        codes: each sample's group as a number in [0, count), shape [n], in order of first appearance.
        count: how many groups there are.
        sizes: samples in each group, shape [count].
    """

    def __init__(self, names: Sequence[str]) -> None:
        numbers: dict[str, int] = {}
        self.codes: NDArray[np.intp] = np.asarray(
            [numbers.setdefault(name, len(numbers)) for name in names], dtype=np.intp
        )
        self.count = len(numbers)
        self.sizes: Array = np.bincount(self.codes, minlength=self.count).astype(np.float64)

    @property
    def single(self) -> bool:
        """Whether every sample is a group of its own."""
        return self.count == len(self.codes)

    def sums(self, column: Array) -> Array:
        """Adds a column up within each group: shape [n] to shape [count]."""
        return np.bincount(self.codes, weights=column, minlength=self.count).astype(np.float64)

    def expand(self, weights: Array) -> Array:
        """Gives each sample the weight of its group: shape [r, count] to shape [r, n]."""
        return weights[..., self.codes]

    def draws(self, resamples: int, seed: int, width: int = 0) -> Iterator[Array]:
        """Draws groups with replacement, as many as there are.

        Args:
            resamples: how many times, r in all.
            seed: the same seed gives the same draws.
            width: numbers that the caller makes of one resample, if more than `count`.

        Yields:
            How often each group is drawn, shape [chunk, count].
        """
        rng = np.random.default_rng(seed)
        for size in _chunks(resamples, max(width, self.count)):
            drawn = rng.integers(self.count, size=(size, self.count))
            drawn += np.arange(size)[:, None] * self.count
            yield np.bincount(drawn.ravel(), minlength=size * self.count).reshape(size, -1).astype(np.float64)

    def flips(self, resamples: int, seed: int, width: int = 0) -> Iterator[Array]:
        """Chooses for each group, by a fair coin, whether it's swapped: 0 or 1, shape [chunk, count]."""
        rng = np.random.default_rng(seed)
        for size in _chunks(resamples, max(width, self.count)):
            yield rng.integers(2, size=(size, self.count), dtype=np.int8).astype(np.float64)

    def all_flips(self, width: int = 0) -> Iterator[Array]:
        """Gives all 2^count choices of groups to swap, none first: shape [chunk, count]."""
        start = 0
        for size in _chunks(2**self.count, max(width, self.count)):
            numbers = np.arange(start, start + size)[:, None]
            yield ((numbers >> np.arange(self.count)) & 1).astype(np.float64)
            start += size


def _chunks(total: int, width: int) -> Iterator[int]:
    step = max(1, CHUNK // max(1, width))
    for start in range(0, total, step):
        yield min(step, total - start)
