from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from evals.harness import run
from evals.result import SuiteResult
from evals.suite import Source, System
from evals.suites.judge import SUITE
from homespun.errors import UsageError
from rag.judges.judge import Judge, Pair
from rag.judges.lexical import Lexical


class Knows(Judge):
    """Says what it was told, and raises on a claim that it was told to raise on."""

    name = "knows"
    fingerprint = "knows"
    threshold = 0.5

    def __init__(self, scores: dict[str, float]) -> None:
        self.scores = scores
        self.batches: list[int] = []

    def judge(self, pairs: Sequence[Pair]) -> list[float]:
        self.batches.append(len(pairs))
        return [self.scores[claim] for _, claim in pairs]


def _run(judge: Judge, data: Path | None = None) -> SuiteResult:
    source = Source(str(data) if data else None)
    system = System(judge.name, judge, judge.fingerprint, about={"threshold": judge.threshold})
    return run(SUITE, system, source=source, resamples=20)[0]


def _value(result: SuiteResult, measure: str) -> float | None:
    return next(one.value for one in result.system.estimates if one.measure == measure)


def _claims(path: Path, rows: Sequence[tuple[str, str, int]]) -> Path:
    path.write_text(
        "".join(
            json.dumps({"source": source, "premise": "It is so.", "claim": claim, "label": label}) + "\n"
            for source, claim, label in rows
        )
    )
    return path


def test_claims_about_one_text_are_one_group_where_the_data_does_not_say(tmp_path: Path) -> None:
    path = _claims(tmp_path / "claims.jsonl", [("a", "One.", 1), ("a", "Two.", 0)])
    other = {"source": "a", "premise": "It was so.", "claim": "Three.", "label": 1}
    path.write_text(path.read_text() + json.dumps(other) + "\n")
    one, two, three = (sample.group for sample in SUITE.samples(Source(str(path))))
    assert one == two != three


def test_built_in_claims_are_balanced_and_whole() -> None:
    samples = list(SUITE.samples(Source()))
    assert len(samples) >= 120
    assert sum(sample.target for sample in samples) * 2 == len(samples)
    for source in ("news", "dialogue", "qa"):
        labels = [sample.target for sample in samples if sample.tags["source"] == source]
        assert sum(labels) * 2 == len(labels) >= 30
    assert len({sample.input["claim"] for sample in samples}) == len(samples)
    assert {"entity", "number", "date", "negation", "addition", "paraphrase"} <= {
        s.tags["kind"] for s in samples
    }


def test_a_perfect_judge_is_perfect_and_a_contrary_one_the_opposite() -> None:
    truth = {sample.input["claim"]: float(sample.target) for sample in SUITE.samples(Source())}
    right, wrong = _run(Knows(truth)), _run(Knows({claim: 1 - label for claim, label in truth.items()}))
    for measure, good, bad in [
        ("auroc", 1, 0),
        ("macro_auroc", 1, 0),
        ("balanced_accuracy", 1, 0),
        ("ece", 0, 1),
        ("brier", 0, 1),
    ]:
        assert (_value(right, measure), _value(wrong, measure)) == (good, bad)


def test_figures_of_a_known_judge(tmp_path: Path) -> None:
    data = _claims(
        tmp_path / "claims.jsonl",
        [("a", "one", 1), ("a", "two", 0), ("a", "three", 1), ("b", "four", 0), ("b", "five", 1)],
    )
    result = _run(Knows({"one": 0.9, "two": 0.6, "three": 0.2, "four": 0.4, "five": 0.4}), data)
    assert _value(result, "auroc") == pytest.approx((2 + 0 + 0.5 + 1 * 0) / 6)
    assert _value(result, "macro_auroc") == pytest.approx((0.5 + 0.5) / 2)
    assert _value(result, "balanced_accuracy") == pytest.approx((1 / 3 + 1 / 2) / 2)
    assert _value(result, "accuracy") == pytest.approx(2 / 5)
    assert set(result.system.slices["source"]) == {"a", "b"}
    assert [one.name for one in result.baselines] == ["length", "lexical"]


def test_claims_are_judged_in_batches_and_one_that_fails_is_alone(tmp_path: Path) -> None:
    data = _claims(tmp_path / "claims.jsonl", [("a", f"claim {n}", n % 2) for n in range(40)])
    judge = Knows({f"claim {n}": n / 40 for n in range(40) if n != 7})
    result = _run(judge, data)
    assert judge.batches[0] == SUITE.batch
    assert result.system.failures == 1
    (failed,) = [sample for sample in result.system.samples if sample.error]
    assert failed.id == "8"


def test_two_runs_are_the_same_to_the_byte() -> None:
    one, other = (_run(Lexical()).model_dump_json() for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"source": "a", "premise": "b", "claim": "c"}', "label"),
        ('{"source": "a", "premise": "b", "claim": "c", "label": 2}', "label 0 or 1"),
        ('{"source": "a", "premise": 3, "claim": "c", "label": 1}', "must be texts"),
        ("[]", "not a JSON object"),
    ],
)
def test_other_data_is_told(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "claims.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(UsageError, match=message):
        list(SUITE.samples(Source(str(path))))


def test_ids_follow_the_data() -> None:
    ids = [sample.id for sample in SUITE.samples(Source())]
    assert all(a != b for a, b in pairwise(ids))
    assert ids == [sample.id for sample in SUITE.samples(Source(seed=3))]
