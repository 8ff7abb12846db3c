"""Documents that stand there already: equal but for case and punctuation, or nearly equal.

How near two documents are is the share of runs of five words that they have in common (Jaccard's index).
Candidates are found by MinHash: of sixty random orders of all runs the first one of each document, compared
in twelve bands of five; at an index of 0.8 about one pair in a hundred is overlooked, at 0.9 hardly any (a
few more where very many documents look alike). Each candidate is then compared run by run.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finetune.data.cleaning.comparable import WordHashes, key, runs, said, words
from finetune.data.documents import Document

EXACT, NEAR = "exact", "near"
_RUN = 5
_BANDS, _ROWS = 12, 5
_MOST = 16
"""With how many documents of one bucket a document is compared at most."""


class Seen:
    """The documents so far; each is either new or a duplicate of one of them.

    What is remembered of a new document grows with its words: about 5 MB for a thousand conversations.
    Equal ones alone take a key each.

    Args:
        similar: From which index on a document counts as nearly equal; None looks for equal ones only.
        seed: Of the random orders.

    Raises:
        ValueError: `similar` isn't above 0 and at most 1.
    """

    def __init__(self, similar: float | None = 0.9, seed: int = 0) -> None:
        if similar is not None and not 0.0 < similar <= 1.0:
            raise ValueError(f"similar is {similar}, not above 0 and at most 1")
        self.similar = similar
        self._keys: set[bytes] = set()
        self._hashes = WordHashes()
        self._runs: list[NDArray[np.uint64]] = []
        self._buckets: dict[tuple[int, bytes], list[int]] = {}
        draw = np.random.default_rng(seed)
        high = np.iinfo(np.uint64).max
        size = (_BANDS * _ROWS, 1)
        self._factors = draw.integers(0, high, size, np.uint64, endpoint=True) | np.uint64(1)
        self._shifts = draw.integers(0, high, size, np.uint64, endpoint=True)

    def add(self, document: Document) -> str | None:
        """`EXACT` or `NEAR` for a duplicate, which is forgotten; None for a new one, which is remembered."""
        own = key(document)
        if own in self._keys:
            return EXACT
        if self.similar is not None:
            every = [word for text in said(document) for word in words(text)]
            found = np.unique(runs(self._hashes.of(every), _RUN))
            if len(found) and self._near(found):
                return NEAR
        self._keys.add(own)
        return None

    def _near(self, found: NDArray[np.uint64]) -> bool:
        """Whether a remembered document is nearly equal; if none is, these runs are remembered."""
        assert self.similar is not None
        first = (found * self._factors + self._shifts).min(axis=1)
        bands = [(band, rows.tobytes()) for band, rows in enumerate(first.reshape(_BANDS, _ROWS))]
        candidates = {one for band in bands for one in self._buckets.get(band, ())}
        for one in candidates:
            other = self._runs[one]
            if min(len(found), len(other)) < self.similar * max(len(found), len(other)):
                continue
            common = len(np.intersect1d(found, other, assume_unique=True))
            if common >= self.similar * (len(found) + len(other) - common):
                return True
        for band in bands:
            bucket = self._buckets.setdefault(band, [])
            if len(bucket) < _MOST:
                bucket.append(len(self._runs))
        self._runs.append(found)
        return False
