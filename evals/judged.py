"""Suites whose figures rest on a judge.

Contract: `with_judge` gives the same suite with another judge; kept answers don't depend on it, since judging
is scoring. The verdict on the judge is part of every report of such a suite (see `evals.verdict`).
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TypeVar

from evals.sample import Json, Output, Sample
from evals.suite import Suite
from rag.judges.judge import Judge

S = TypeVar("S")


class JudgedSuite(Suite[S]):
    """A suite that has a judge."""

    @property
    @abstractmethod
    def judge(self) -> Judge:
        """Whose scores the figures rest on."""

    @abstractmethod
    def with_judge(self, judge: Judge) -> JudgedSuite[S]:
        """Returns this suite with another judge."""

    @abstractmethod
    def explain(self, sample: Sample, output: Output) -> Json:
        """Returns what the judge found in one answer, for people: plain values, never scored."""
