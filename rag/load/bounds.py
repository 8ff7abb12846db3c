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


def few(items: Iterable[_T], most: int = MOST_BLOCKS) -> Iterator[_T]:
    """Gives them as they are.

    Raises:
        Unreadable: there are more than `most`.
    """
    for number, item in enumerate(items):
        if number == most:
            raise too_many(most)
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
        if len(found) > MOST_RUNS:
            raise too_many(MOST_RUNS)
    return merged(found)
