"""Suites whose figures rest on a judge.

Contract: `with_judge` gives the same suite with another judge; kept answers don't depend on it, since judging
is scoring. The verdict on the judge is part of every report of such a suite (see `evals.verdict`). Beside
the judge's figures stand those of trivial judges on the same answers, `…_by_length` and `…_by_lexical`: what
a learned judge says is worth the difference.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar

from evals.measure import Mean, Measure
from evals.metrics.faithfulness import faithfulness
from evals.metrics.hallucination import hallucinates
from evals.sample import Json, Output, Sample
from evals.suite import Scores, Suite
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


def measures_by(judge: str, how: str) -> tuple[Measure, ...]:
    """Returns the measures that say what a trivial judge would say of the same answers.

    Args:
        judge: its name; `columns_by` has the columns.
        how: what it goes by, for the report.
    """
    return (
        Measure(
            f"faithfulness_by_{judge}",
            Mean(f"faithfulness_by_{judge}"),
            "neither",
            about=f"faithfulness if the judge were {judge}, which {how}",
        ),
        Measure(
            f"hallucination_rate_by_{judge}",
            Mean(f"hallucinated_by_{judge}"),
            "neither",
            about=f"hallucination rate if the judge were {judge}",
        ),
    )


def columns_by(judge: str, verdicts: Sequence[str]) -> Scores:
    """Returns one answer's columns by a trivial judge's verdicts on its sentences."""
    return {
        f"faithfulness_by_{judge}": faithfulness(verdicts),
        f"hallucinated_by_{judge}": float(hallucinates(verdicts)),
    }
