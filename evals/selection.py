"""Which samples of a data set a run takes.

Contract: a limit takes the samples with the smallest hashes of seed and id, in the data's own order. A larger
limit takes all that a smaller one took and more, so growing it asks nothing twice.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from evals.sample import Sample, digest
from homespun.errors import UsageError


def select(samples: Iterable[Sample], limit: int | None, seed: int) -> list[Sample]:
    """Returns at most `limit` samples (None: all).

    Raises:
        UsageError: if there are none, or two have the same id.
    """
    seen: set[str] = set()
    # The worst of those taken so far comes first: as a number, so that it can be turned around.
    taken: list[tuple[int, int, Sample]] = []
    for place, sample in enumerate(samples):
        if sample.id in seen:
            raise UsageError(f"Two samples have the id {sample.id!r}. Each needs its own.")
        seen.add(sample.id)
        row = (-int(digest(seed, sample.id), 16), -place, sample)
        if limit is None or len(taken) < limit:
            taken.append(row)
            if len(taken) == limit:
                heapq.heapify(taken)
        elif row[:2] > taken[0][:2]:
            heapq.heapreplace(taken, row)
    if not taken:
        raise UsageError("The data has no samples.")
    return [sample for _, _, sample in sorted(taken, key=lambda row: -row[1])]
