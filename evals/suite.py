"""A suite: a data set, a kind of system, and the measures by which it's judged.

Contract: `samples` and `score` are pure (the same for the same arguments, on every machine); `answer` is
where the system works, and what it gives is kept by the content of the sample and the system, so that it's
never asked twice. Each suite is one file (or folder) in `evals.suites` and one row in its table.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from evals.measure import Measure
from evals.sample import Json, Output, Sample

S = TypeVar("S")
Scores = Mapping[str, float | None]
"""Columns of one sample; None where a column doesn't apply to it."""


@dataclass(frozen=True)
class Source:
    """Where a suite's samples come from.

    Attributes:
        data: a file, a folder, or ``hf:<org/name>`` for a public set; None for what the suite has built in.
        seed: for generated data.
    """

    data: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class System(Generic[S]):
    """What is measured.

    Attributes:
        name: its address, as the user gave it.
        call: what the suite asks; its type is the suite's `kind` (see `evals.systems`).
        fingerprint: changes whenever an answer could: weights, adapter, sampling, prompts.
        workers: how many samples may be asked at once: 1 for what computes on this machine.
        about: plain facts for the report, such as parameters.
        batch: how many samples it takes at once at most; None is as many as the suite gives.
    """

    name: str
    call: S
    fingerprint: str
    workers: int = 1
    about: Mapping[str, Any] = field(default_factory=dict)
    batch: int | None = None


class Suite(ABC, Generic[S]):
    """One suite; subclasses set the class variables and write three functions."""

    name: ClassVar[str]
    """As on the command line."""
    about: ClassVar[str]
    """One line: what a good figure means."""
    kind: ClassVar[str]
    """Which kind of system it measures: a name in `evals.systems.KINDS`."""
    version: ClassVar[int] = 1
    """Raised when samples are asked in another way; answers that were kept are then not used again."""
    measures: ClassVar[tuple[Measure, ...]]
    """Rows of the report, the first being the headline."""
    default_limit: ClassVar[int | None] = None
    """How many samples a run takes when nobody says; None for all."""
    kept_apart: ClassVar[int | None] = None
    """How many of its built-in samples training mustn't have seen; None for all, a number where they are
    generated without end."""

    @abstractmethod
    def samples(self, source: Source) -> Iterator[Sample]:
        """Gives all samples in a fixed order.

        Raises:
            UsageError: if `source.data` isn't what the suite reads; the line says what it does.
        """

    @abstractmethod
    def answer(self, system: S, sample: Sample, seed: int) -> Output:
        """Asks the system. What it raises becomes a failure of this sample."""

    @abstractmethod
    def score(self, sample: Sample, output: Output) -> Scores:
        """Returns the columns that the measures read. Never NaN."""

    def answers(self, system: S, samples: Sequence[Sample], seeds: Sequence[int]) -> list[Output | Exception]:
        """Asks a batch; for systems that are faster so. A sample's own trouble is returned, not raised."""
        found: list[Output | Exception] = []
        for sample, seed in zip(samples, seeds, strict=True):
            try:
                found.append(self.answer(system, sample, seed))
            except Exception as error:
                found.append(error)
        return found

    batch: ClassVar[int] = 1
    """How many samples `answers` is given at once, if the system takes as many."""

    def explain(self, sample: Sample, output: Output) -> Json:  # noqa: ARG002
        """Returns what was found in an answer, for people to look at; None, or a dictionary.

        It's laid into the record's trace and never scored.
        """
        return None

    def baselines(self) -> Sequence[System[S]]:
        """Returns trivial systems to be shown beside (length only, always the same answer)."""
        return ()
