"""From a head's numbers for the ends of spans to the likeliest span, and how sure that is.

For a row, `s` and `e` are the start's and the end's logits and place 0 stands for "not here". A span i…j has
the log-odds `s[i] + e[j] - s[0] - e[0]` against "not here"; being odds against one common thing, those of
different rows compare (after Clark and Gardner 2018, arXiv:1710.10723, who share one normaliser).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHARPNESS = 1.3
"""Odds of spans are raised to this power before they are weighed against each other."""
COST = 0.04
"""Nats that a span's odds lose with each further token: start and end are told apart from each other, which
gives long spans too much."""


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


def most_shared(
    odds: NDArray[np.float64],
    tokens: NDArray[np.int64],
    texts: NDArray[np.int64],
    ends: Sequence[tuple[int, int]],
) -> int:
    """Which span shares most with what the answer may be: the one of largest expected F1 over characters.

    Decoding for least risk (Goel and Byrne 2000, "Minimum Bayes-risk automatic speech recognition"): where
    the odds can't tell "1815", "in 1815" and "early in 1815" apart, the one in the middle costs least.

    Args:
        odds: [N] log-odds, N above 0.
        tokens: [N] length of each.
        texts: [N] number of the text that each is in.
        ends: N times first character and the one after the last.

    Returns:
        Its number.
    """
    scores = SHARPNESS * (odds - COST * (tokens - 1))
    chances = np.exp(scores - scores.max())
    start, stop = np.asarray(ends, np.float64).T
    common = np.minimum(stop[:, None], stop) - np.maximum(start[:, None], start)
    common = np.where(texts[:, None] == texts, common.clip(0), 0)
    length = stop - start
    overlap = 2 * common / np.maximum(1, length[:, None] + length)
    return int(np.argmax(overlap @ chances))
