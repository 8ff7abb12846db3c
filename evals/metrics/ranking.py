"""What the metrics of ranked lists have in common: ids, judgements and a depth.

A judgement is a grade per id: above 0 is relevant, an id without one is not. trec_eval's conventions.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence

Grades = Mapping[Hashable, float] | Collection[Hashable]
"""Grades by id, or just the relevant ids (grade 1 each)."""


def gains(ranked: Sequence[Hashable], relevant: Grades, k: int | None = None) -> list[float]:
    """Grades of the first k ids, in their order; 0 for what isn't relevant.

    Raises:
        ValueError: An id is there twice, k is below 1, or a grade isn't finite.
    """
    if k is not None and k < 1:
        raise ValueError(f"k must be 1 or more, not {k}")
    if len(set(ranked)) < len(ranked):
        raise ValueError("a ranked list names each id once")
    known = positive(relevant)
    return [known.get(name, 0.0) for name in ranked[:k]]


def positive(relevant: Grades) -> dict[Hashable, float]:
    """The grades that are above 0.

    Raises:
        ValueError: A grade isn't finite.
    """
    if not isinstance(relevant, Mapping):
        return dict.fromkeys(relevant, 1.0)
    found = {name: float(grade) for name, grade in relevant.items() if not grade <= 0}
    if not all(grade < float("inf") for grade in found.values()):  # NaN is not below anything
        raise ValueError("grades must be finite numbers")
    return found
