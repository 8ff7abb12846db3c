"""Latency and throughput: what times say."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evals.metrics.columns import weighted


def percentile(values: ArrayLike, weights: ArrayLike | None = None, *, q: float) -> float | None:
    """The value below which q percent lie, interpolated as numpy's `percentile` does ("linear").

    Of W sorted values, counted from 0, it's the one at place (W − 1)·q/100, on the straight line between two
    neighbours where the place lies between them (Hyndman and Fan 1996, definition 7).

    Args:
        values: Seconds, or anything else. Shape [n].
        weights: How often each value counts, whole numbers; None is once. Shape [n].
        q: In [0, 100]: 50 is the median.

    Returns:
        The percentile, or None where nothing has weight.

    Raises:
        ValueError: q is outside [0, 100], a column isn't one, or lengths differ.
    """
    if not 0 <= q <= 100:
        raise ValueError(f"a percentile is between 0 and 100, not {q}")
    found, given = weighted(values, weights)
    kept = given > 0
    order = np.argsort(found[kept])
    found, up_to = found[kept][order], np.cumsum(given[kept][order])
    if not len(found):
        return None
    place = max(0.0, (up_to[-1] - 1) * q / 100)
    below = np.floor(place)
    low, high = (
        found[min(int(np.searchsorted(up_to, spot, side="right")), len(found) - 1)]
        for spot in (below, below + 1)
    )
    return float(low + (high - low) * (place - below))


def throughput(amount: float, seconds: float) -> float:
    """How much there is a second: tokens, samples, bytes.

    Raises:
        ValueError: No time has passed, or the amount is negative.
    """
    if not seconds > 0 or amount < 0:
        raise ValueError("a throughput needs an amount of 0 or more and a time above 0")
    return amount / seconds
