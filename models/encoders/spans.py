"""From a head's numbers for the ends of spans to the likeliest span, and how sure that is.

For a row, `s` and `e` are the start's and the end's logits and place 0 stands for "not here". A span i…j has
the log-odds `s[i] + e[j] - s[0] - e[0]` against "not here"; being odds against one common thing, those of
different rows compare (after Clark and Gardner 2018, arXiv:1710.10723, who share one normaliser).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Span:
    """A span of tokens in a row, first and last, with its log-odds against "not here"."""

    first: int
    last: int
    odds: float


def likely_spans(
    start: NDArray[np.float32], end: NDArray[np.float32], begin: int, stop: int, longest: int, most: int
) -> tuple[list[Span], float]:
    """The likeliest spans of a row, and the logarithm of the sum of all spans' odds.

    Args:
        start: [T] logits.
        end: [T] logits.
        begin: First place where a span may begin.
        stop: Place behind the last one.
        longest: Tokens of a span.
        most: How many are wanted.

    Returns:
        Spans, the likeliest first (none, where begin is stop), and the sum (-inf likewise).
    """
    count = stop - begin
    if count < 1:
        return [], float("-inf")
    none = float(start[0] + end[0])
    table = start[begin:stop, None].astype(np.float64) + end[None, begin:stop] - none
    places = np.arange(count)
    ahead = places[None, :] - places[:, None]
    table[(ahead < 0) | (ahead >= longest)] = -np.inf
    flat = table.ravel()
    wanted = min(most, flat.size)
    top = np.argpartition(-flat, wanted - 1)[:wanted]
    top = top[np.argsort(-flat[top], kind="stable")]
    spans = [
        Span(begin + int(at) // count, begin + int(at) % count, float(flat[at]))
        for at in top
        if np.isfinite(flat[at])
    ]
    peak = flat.max()
    return spans, float(peak + np.log(np.exp(flat - peak).sum()))
