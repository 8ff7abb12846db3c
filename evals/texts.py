"""The texts that suites ask with: what training mustn't have seen.

Contract: a sample's input counts, all texts in it, but for what a model said in it: that is no question, and
training may well have taught it. Targets don't count: they are values, patterns and remarks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from evals.sample import Json
from evals.suite import Source, Suite


def suite_texts(suite: Suite[Any], source: Source | None = None) -> Iterator[str]:
    """Gives the texts of a suite's samples, of so many as are kept apart; its built-in ones by default.

    Raises:
        UsageError: if the source isn't what the suite reads.
    """
    for sample in islice(suite.samples(source or Source()), suite.kept_apart):
        yield from _texts(sample.input)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        if value.get("role") != "assistant":
            for field, inner in value.items():
                yield from _texts(inner if field != "role" else None)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
