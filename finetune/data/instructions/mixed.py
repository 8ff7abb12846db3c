"""Instructions of several kinds, so many of each, in an order that a seed decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random

from finetune.data.documents import Message
from finetune.data.instructions.classes import classes
from finetune.data.instructions.copying import copying
from finetune.data.instructions.plans import plans
from finetune.data.instructions.rewriting import rewriting
from finetune.data.instructions.subquestions import subquestions
from finetune.data.instructions.summaries import summaries
from homespun.errors import UsageError
from homespun.names import unknown

KINDS: Mapping[str, Callable[[Path, int, int], Iterator[list[Message]]]] = {
    "summaries": summaries,
    "rewriting": rewriting,
    "subquestions": subquestions,
    "plans": lambda _, seed, count: plans(seed, count),
    "classes": classes,
    "copying": lambda _, seed, count: copying(seed, count),
}
"""Kind → what yields it from a folder of public data, a seed and a count."""


def instructions(folder: Path, seed: int, counts: Mapping[str, int]) -> Iterator[tuple[str, list[Message]]]:
    """Yield conversations of the kinds, mixed, each with its kind.

    Args:
        folder: Of public data; only what the kinds that are asked for read has to be there.
        seed: Decides everything.
        counts: Kind, as in `KINDS`, → how many.

    Raises:
        UsageError: There is no such kind, or its data are missing.
    """
    for kind in counts:
        if kind not in KINDS:
            raise UsageError(unknown("kind of instructions", kind, list(KINDS)))
    turns = [kind for kind, count in sorted(counts.items()) for _ in range(count)]
    Random(f"instructions {seed}").shuffle(turns)
    made = {kind: KINDS[kind](folder, seed, count) for kind, count in counts.items()}
    for kind in turns:
        yield kind, next(made[kind])
