"""How many pieces a file may have: each costs memory many times the bytes that make it.

Contract: the bounds hold while a file is read, not only for what comes of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from rag.parsed import Run, Unreadable, merged

MOST_BLOCKS = 200_000
"""Blocks of a file, or values of one record."""

MOST_RUNS = 1_000_000
"""Runs of a file's origin, or pieces that one block is put together from."""

_BATCH = 10_000
_T = TypeVar("_T")


def too_many(most: int) -> Unreadable:
    """Returns the reason for a file over a bound."""
    return Unreadable(f"has too many pieces (more than {most:,})")


def check(blocks: int = 0, runs: int = 0) -> None:
    """Compares counts with the bounds.

    Raises:
        Unreadable: there are more than `MOST_BLOCKS` or `MOST_RUNS`.
    """
    if blocks > MOST_BLOCKS:
        raise too_many(MOST_BLOCKS)
    if runs > MOST_RUNS:
        raise too_many(MOST_RUNS)


def few(items: Iterable[_T]) -> Iterator[_T]:
    """Gives them as they are.

    Raises:
        Unreadable: there are more than `MOST_BLOCKS`.
    """
    for number, item in enumerate(items, 1):
        check(blocks=number)
        yield item


def joined(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Returns the runs as `merged` does, batch by batch, so that never more are held than come out.

    Raises:
        Unreadable: they're more than `MOST_RUNS`.
    """
    found: list[Run] = []
    rest = iter(runs)
    while batch := list(islice(rest, _BATCH)):
        found.extend(merged(batch))
        check(runs=len(found))
    return merged(found)
