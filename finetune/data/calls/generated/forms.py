"""A value as it is said, and what a schema asks of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Said:
    """A value in words.

    Attributes:
        pieces: Text in order; True where it spells the value (of a list, an element), False for units,
            quotation marks, commas and whole phrases that only imply it.
        value: What the call has.
    """

    pieces: tuple[tuple[str, bool], ...]
    value: Any


@dataclass(frozen=True)
class Form:
    """One form of a kind.

    Attributes:
        schema: JSON Schema without a description.
        tail: What the description says about the form; "" for nothing.
        draw: A value of it.
    """

    schema: Mapping[str, Any]
    tail: str
    draw: Callable[[Random], Said]


def pick(rng: Random, of: Sequence[T]) -> T:
    """One of several; faster than `Random.choice`."""
    return of[int(rng.random() * len(of))]
