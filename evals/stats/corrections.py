"""Corrections for many tests at once: p-values in, adjusted p-values out, in the same order.

Contract: an adjusted p-value below α says what a single one below α says of a single test: for `holm`, that
no false alarm among all tests happens more often than α; for `benjamini_hochberg`, that no more than a
share α of the alarms is false on average.
"""

from __future__ import annotations

from collections.abc import Sequence


def holm(ps: Sequence[float]) -> list[float]:
    """Adjusts for the chance of any false alarm (Holm 1979); holds for dependent tests too.

    Raises:
        ValueError: if a p-value isn't in [0, 1].
    """
    _check(ps)
    adjusted, highest = [0.0] * len(ps), 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = highest
    return adjusted


def benjamini_hochberg(ps: Sequence[float]) -> list[float]:
    """Adjusts for the share of false alarms among all alarms (Benjamini & Hochberg 1995).

    Holds for independent and for positively dependent tests.

    Raises:
        ValueError: if a p-value isn't in [0, 1].
    """
    _check(ps)
    adjusted, lowest = [0.0] * len(ps), 1.0
    order = sorted(range(len(ps)), key=lambda i: ps[i], reverse=True)
    for done, index in enumerate(order):
        lowest = min(lowest, ps[index] * len(ps) / (len(ps) - done))
        adjusted[index] = lowest
    return adjusted


def _check(ps: Sequence[float]) -> None:
    if not all(0 <= p <= 1 for p in ps):
        raise ValueError("p-values lie in [0, 1]")
