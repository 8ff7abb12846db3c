"""The prompts and how each is judged, read from JSON Lines.

A line has `id`, `prompt`, `category`, and

- `judge`: ``fact`` (there's a right answer), ``limit`` (nothing that only writes text can know or do it) or
  ``form`` (many answers are sensible);
- `accept`: regular expressions without regard to case, one of which a right answer has;
- `reject`: expressions that a right answer hasn't;
- `handoff_ok`: whether saying "I can't" or "I don't know" is sensible here, and `subjects` (may be missing):
  which subjects such a hand-off may name, see `subjects.SUBJECTS`;
- `min_words`, `min_lines`: what a poem or a story has at least (may be missing).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from evals.data import located
from homespun.errors import UsageError

Judge = Literal["fact", "limit", "form"]
BUILT_IN = Path(__file__).parent / "prompts.jsonl"
_JUDGES = ", ".join(get_args(Judge))


@dataclass(frozen=True)
class Prompt:
    """One prompt; attributes are the fields of its line (see the module)."""

    id: str
    text: str
    category: str
    judge: Judge
    accept: tuple[str, ...]
    reject: tuple[str, ...] = ()
    handoff_ok: bool = False
    subjects: tuple[str, ...] = ()
    min_words: int = 1
    min_lines: int = 1


@cache
def prompts() -> tuple[Prompt, ...]:
    """Returns the hundred prompts that are built in."""
    return tuple(read(str(BUILT_IN)))


def read(address: str) -> Iterator[Prompt]:
    """Gives the prompts of a file.

    Raises:
        UsageError: if a line isn't a prompt; the message says why.
    """
    fields = ("id", "prompt", "category", "judge", "accept")
    hint = f"judge is one of {_JUDGES}; accept lists regular expressions, one of which a right answer has."
    for where, row in located(address, what="prompts", fields=fields, hint=hint):
        yield from_row(row, where)


def from_row(row: Mapping[str, Any], where: str = "prompt") -> Prompt:
    """Returns the prompt of a line.

    Raises:
        UsageError: if a field isn't what it should be.
    """
    accept, reject = row["accept"], row.get("reject", [])
    if row["judge"] not in get_args(Judge):
        raise UsageError(f"{where}: judge must be one of {_JUDGES}, not {row['judge']!r}.")
    for expressions in (accept, reject):
        if not isinstance(expressions, list) or not all(isinstance(item, str) for item in expressions):
            raise UsageError(f"{where}: accept and reject are lists of regular expressions.")
        for expression in expressions:
            try:
                re.compile(expression)
            except re.error as error:
                raise UsageError(f"{where}: {expression!r} is no regular expression: {error}.") from error
    if row["judge"] == "form" and not accept:
        raise UsageError(f"{where}: a prompt judged by form needs something to accept.")
    return Prompt(
        id=str(row["id"]),
        text=str(row["prompt"]),
        category=str(row["category"]),
        judge=row["judge"],
        accept=tuple(accept),
        reject=tuple(reject),
        handoff_ok=bool(row.get("handoff_ok", False)),
        subjects=tuple(row.get("subjects", ())),
        min_words=int(row.get("min_words", 1)),
        min_lines=int(row.get("min_lines", 1)),
    )
