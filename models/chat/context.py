"""Fitting a conversation into the model's context: the oldest turns go first.

A turn is a user's message and all that follows up to the next one. System messages and tool schemas always
stay, and so does the newest user message; inside the newest turn the oldest rounds of tool calls go before
anything is refused. A call and its results are kept or dropped together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from homespun.errors import UsageError

Render = Callable[[Sequence[dict[str, Any]]], list[int]]


@dataclass(frozen=True)
class Prompt:
    """What fits into the context.

    Attributes:
        ids: Its tokens.
        rows: The messages.
        dropped: How many were left out.
        shortened: Whether tools are told in fewer words.
    """

    ids: list[int]
    rows: Sequence[dict[str, Any]]
    dropped: int
    shortened: bool = False


def fit(rows: Sequence[dict[str, Any]], render: Render, limit: int) -> Prompt:
    """Render as much of a conversation as fits.

    Args:
        rows: Template dictionaries, oldest first.
        render: Rows to ids, with tools and generation prompt.
        limit: Tokens that the prompt may have.

    Raises:
        UsageError: What must stay is longer than `limit`; the message says by how much.
    """
    ids = render(rows)
    if len(ids) <= limit:
        return Prompt(ids, rows, 0)
    groups = _droppable(rows)

    def without(count: int) -> list[dict[str, Any]]:
        gone = {place for group in groups[:count] for place in group}
        return [row for place, row in enumerate(rows) if place not in gone]

    # Whole conversations only: a template may refuse a part of one. The more go, the shorter it is.
    least = (
        bisect_left(range(1, len(groups)), True, key=lambda count: len(render(without(count))) <= limit) + 1
    )
    if groups and len(ids := render(kept := without(least))) <= limit:
        return Prompt(ids, kept, sum(map(len, groups[:least])))
    raise UsageError(
        f"the message is too long: with the system prompt and tools it takes {len(ids):,} tokens, "
        f"and this model reads {limit:,}; shorten it"
    )


def _droppable(rows: Sequence[dict[str, Any]]) -> list[list[int]]:
    """Groups of places that may go, in the order of going."""
    turns: list[list[int]] = [[]]
    for place, row in enumerate(rows):
        if row["role"] == "system":
            continue
        if row["role"] == "user" and turns[-1]:
            turns.append([])
        turns[-1].append(place)
    rounds: list[list[int]] = []
    for place in turns[-1]:
        if rows[place]["role"] != "tool" or not rounds:
            rounds.append([])
        rounds[-1].append(place)
    inner = [group for group in rounds[:-1] if rows[group[0]]["role"] != "user"]
    return [turn for turn in turns[:-1] if turn] + inner
