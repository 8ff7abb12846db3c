"""Examples of calls from several sources in one list, and a part held out for validation."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from finetune.data.calls.example import CallExample
from homespun.errors import UsageError
from homespun.names import Table

READERS: Table[Any] = Table(
    "source of calls",
    {name: f"finetune.data.calls.{name}:read" for name in ("sgd", "seal_tools", "metatool", "clinc")},
)
"""Sources that are read from a folder: `read(folder, seed)`."""

GENERATED = "generated"


def mixed(folder: Path | None, seed: int, counts: Mapping[str, int]) -> list[CallExample]:
    """A sample of each source, shuffled together; the same for the same arguments.

    Args:
        folder: Where public data lies; None if only generated examples are asked for.
        seed: Decides on the readers' choices, on the sample and on the order.
        counts: Source (of `READERS`, or `generated`) → how many examples; all of a source that has fewer.

    Raises:
        UsageError: A source is unknown, its file is missing, or there is no folder to read it from.
    """
    chosen: list[CallExample] = []
    for source, count in counts.items():
        if count > 0:
            chosen += _sample(
                _examples(folder, seed, source, count), count, random.Random(f"{seed}/{source}")
            )
    random.Random(seed).shuffle(chosen)
    return chosen


def split(
    examples: Sequence[CallExample], share: float, seed: int = 0
) -> tuple[list[CallExample], list[CallExample]]:
    """Training and validation parts that share no group; the order is kept.

    Whether a group is held out depends on its name and the seed alone, so it stays so in another mixture.

    Args:
        examples: What to split.
        share: Of the groups to hold out, 0 to 1.
        seed: Decides which.
    """
    held = {group: _fraction(f"{seed}/{group}") < share for group in {one.group for one in examples}}
    training = [one for one in examples if not held[one.group]]
    return training, [one for one in examples if held[one.group]]


def _examples(folder: Path | None, seed: int, source: str, count: int) -> Iterator[CallExample]:
    if source == GENERATED:
        from finetune.data.calls.generated import generated

        return generated(seed, count)
    reader = READERS[source]
    if folder is None:
        raise UsageError(f"{source} is read from a folder of prepared data; name one with HOMESPUN_DATA")
    read: Iterator[CallExample] = reader(folder, seed)
    return read


def _sample(examples: Iterable[CallExample], count: int, rng: random.Random) -> list[CallExample]:
    """Every example is as likely; only `count` are held (reservoir sampling, Vitter 1985, algorithm R)."""
    kept: list[CallExample] = []
    for number, example in enumerate(examples):
        if number < count:
            kept.append(example)
        elif (place := rng.randrange(number + 1)) < count:
            kept[place] = example
    return kept


def _fraction(text: str) -> float:
    """A number from 0 to 1 that is always the same for the same text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
