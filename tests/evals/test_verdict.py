from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from evals import verdict as module
from evals.harness import run
from evals.result import SuiteResult
from evals.suite import Source, System
from evals.suites.judge import SUITE
from evals.verdict import keep, kept, verdict, verdict_for
from homespun.errors import HomespunError, UsageError
from rag.judges.judge import Judge, Pair
from rag.judges.length import Length
from rag.judges.lexical import Lexical


class Oracle(Judge):
    """Knows the built-in labels, and counts what it's asked."""

    name = "oracle"
    threshold = 0.5

    def __init__(self, fingerprint: str = "oracle-1") -> None:
        self.fingerprint = fingerprint
        self.truth = {sample.input["claim"]: float(sample.target) for sample in SUITE.samples(Source())}
        self.asked = 0

    def judge(self, pairs: Sequence[Pair]) -> list[float]:
        self.asked += len(pairs)
        return [self.truth[claim] for _, claim in pairs]


class Broken(Judge):
    name = "broken"
    fingerprint = "broken"
    threshold = 0.5

    def judge(self, pairs: Sequence[Pair]) -> list[float]:
        raise RuntimeError("no brain")


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESAMPLES", 20)


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


def test_the_first_verdict_is_measured_and_the_second_read(tmp_path: Path) -> None:
    judge = Oracle()
    first = verdict_for(judge, tmp_path)
    asked = judge.asked
    assert asked >= 100
    assert verdict_for(judge, tmp_path) == first
    assert judge.asked == asked
    assert [path.name for path in (tmp_path / "verdicts").iterdir()] == ["oracle-1.json"]


def test_a_fingerprint_that_is_no_file_name_is_kept_all_the_same(tmp_path: Path) -> None:
    made = verdict(_result(Oracle("../../oracle:1 / ü")))
    keep(made, tmp_path)
    assert kept(made.fingerprint, tmp_path) == made
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "verdicts"]


def test_a_newer_verdict_takes_the_place_of_an_older_unless_it_rests_on_few_claims(tmp_path: Path) -> None:
    made = verdict(_result(Oracle()))
    keep(made, tmp_path)
    newer = made.model_copy(update={"data": "claims.jsonl", "n": 60})
    keep(newer, tmp_path)
    assert kept("oracle-1", tmp_path) == newer
    keep(made.model_copy(update={"n": 12}), tmp_path)
    assert kept("oracle-1", tmp_path) == newer


def test_a_verdict_on_few_claims_is_not_kept_in_place_of_none(tmp_path: Path) -> None:
    keep(verdict(_result(Oracle(), limit=12)), tmp_path)
    assert kept("oracle-1", tmp_path) is None
    assert verdict_for(Oracle(), tmp_path).n == 126


def test_an_unreadable_verdict_is_measured_anew(tmp_path: Path) -> None:
    (tmp_path / "verdicts").mkdir()
    (tmp_path / "verdicts" / "oracle-1.json").write_text('{"judge": ')
    assert kept("oracle-1", tmp_path) is None
    assert verdict_for(Oracle(), tmp_path).auroc == 1
    assert kept("oracle-1", tmp_path) is not None


def test_a_judge_that_does_not_answer_has_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(HomespunError, match="no brain"):
        verdict_for(Broken(), tmp_path)
    assert kept("broken", tmp_path) is None


def test_a_result_that_tells_nothing_makes_none() -> None:
    with pytest.raises(UsageError, match="both labels"):
        verdict(_result(Oracle(), limit=1))
    with pytest.raises(UsageError, match="not of lm"):
        verdict(_result(Oracle()).model_copy(update={"suite": "lm"}))
