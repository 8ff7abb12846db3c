from __future__ import annotations

from collections.abc import Sequence

import pytest

from evals.harness import run
from evals.result import SuiteResult
from evals.suite import Source, System
from evals.suites.judge import SUITE
from evals.verdict import verdict
from homespun.errors import UsageError
from rag.judges.judge import Judge, Pair
from rag.judges.length import Length
from rag.judges.lexical import Lexical


class Oracle(Judge):
    """Knows the built-in labels."""

    name = "oracle"
    fingerprint = "oracle-1"
    threshold = 0.5

    def __init__(self) -> None:
        self.truth = {sample.input["claim"]: float(sample.target) for sample in SUITE.samples(Source())}

    def judge(self, pairs: Sequence[Pair]) -> list[float]:
        return [self.truth[claim] for _, claim in pairs]


def _result(judge: Judge, limit: int | None = None) -> SuiteResult:
    system = System(judge.name, judge, judge.fingerprint, about={"threshold": judge.threshold})
    return run(SUITE, system, limit=limit, resamples=20)[0]


def test_the_sentence_says_how_well_on_what_and_what_not_to_do() -> None:
    made = verdict(_result(Lexical()))
    assert made.judge == "lexical"
    assert made.threshold == Lexical.threshold
    assert made.n == 126
    assert made.auroc_low <= made.auroc <= made.auroc_high
    assert (
        f"AUROC {made.auroc:.2f} [{made.auroc_low:.2f}, {made.auroc_high:.2f}] on 126 claims (built-in)"
        in made.text
    )
    assert "don't trust its word on single sentences" in made.text


def test_a_judge_that_is_always_right_is_said_to_be() -> None:
    made = verdict(_result(Oracle()))
    assert (made.auroc, made.balanced_accuracy) == (1, 1)
    assert "very well" in made.text
    assert "right in 100 %" in made.text


def test_a_judge_at_chance_is_said_to_be() -> None:
    text = verdict(_result(Length())).text
    assert "hardly" in text
    assert "Claim length" not in text


def test_a_result_that_tells_nothing_makes_none() -> None:
    with pytest.raises(UsageError, match="both labels"):
        verdict(_result(Oracle(), limit=1))
    with pytest.raises(UsageError, match="not of lm"):
        verdict(_result(Oracle()).model_copy(update={"suite": "lm"}))
