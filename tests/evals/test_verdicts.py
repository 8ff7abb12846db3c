from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from evals import verdicts as module
from evals.harness import run
from evals.result import Report, SuiteResult
from evals.run_folder import to_json
from evals.suite import Source, System
from evals.suites.judge import SUITE
from evals.verdict import verdict
from evals.verdicts import Choice, choose, keep
from homespun.errors import Cancelled, HomespunError
from rag.judges.judge import Judge, Pair


class Oracle(Judge):
    """Knows the built-in labels, and counts what it's asked."""

    name = "oracle"
    threshold = 0.5

    def __init__(self, fingerprint: str = "oracle-1") -> None:
        self.fingerprint = fingerprint
        self.truth = {sample.input["claim"]: float(sample.target) for sample in SUITE.samples(Source())}
        self.asked = 0
        self.threads: set[str] = set()

    def judge(self, pairs: Sequence[Pair]) -> list[float]:
        self.asked += len(pairs)
        self.threads.add(threading.current_thread().name)
        return [self.truth.get(claim, 0.5) for _, claim in pairs]


class Broken(Judge):
    name = "broken"
    fingerprint = "broken"
    threshold = 0.5

    def judge(self, pairs: Sequence[Pair]) -> list[float]:
        raise RuntimeError("no brain")


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESAMPLES", 20)


def _system(judge: Judge, batch: int | None = None, workers: int = 1) -> System[Judge]:
    about = {"threshold": judge.threshold}
    return System(judge.name, judge, judge.fingerprint, workers, about, batch)


def _claims(path: Path, count: int = 126) -> str:
    rows = [
        {**sample.input, "source": "own", "label": sample.target, "group": f"g{place % 10}"}
        for place, sample in enumerate(SUITE.samples(Source()))
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows[:count]))
    return str(path)


def _result(data: str | None = None, limit: int | None = None, judge: Judge | None = None) -> SuiteResult:
    return run(SUITE, _system(judge or Oracle()), source=Source(data), limit=limit, resamples=20)[0]


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """Where a report on a judge comes with the package, without samples."""
    folder = tmp_path / "results"
    folder.mkdir()
    result = _result(_claims(tmp_path / "shipped.jsonl"))
    small = result.model_copy(update={"system": result.system.model_copy(update={"samples": []})})
    (folder / "judge.json").write_text(to_json(Report(suites=[small])))
    return folder


def test_what_comes_with_the_package_is_told_before_anything_is_measured(
    tmp_path: Path, shipped: Path
) -> None:
    judge = Oracle()
    told = choose(_system(judge), tmp_path, shipped=shipped).verdict()
    assert (told.data, told.n, judge.asked) == ("shipped.jsonl", 126, 0)
    assert "126 claims (shipped.jsonl)" in told.text
    other = choose(_system(Oracle("oracle-2")), tmp_path, shipped=shipped)
    assert (other.known, other.verdict().data) == (None, "built-in")


def test_the_newest_on_ones_own_data_is_told_before_what_comes_with_the_package(
    tmp_path: Path, shipped: Path
) -> None:
    for place, name in enumerate(("b.jsonl", "a.jsonl", "c.jsonl")):
        made = keep(_result(_claims(tmp_path / name, 100 + place)), tmp_path)
        assert made is not None
        for path in (tmp_path / "verdicts").rglob("*.json"):
            if name in path.read_text():
                os.utime(path, ns=(place, place if name != "c.jsonl" else 0))
    assert choose(_system(Oracle()), tmp_path, shipped=shipped).verdict().data == "a.jsonl"


def test_a_verdict_of_another_version_of_the_suite_is_not_told(
    tmp_path: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(_result(_claims(tmp_path / "own.jsonl")), tmp_path)
    assert choose(_system(Oracle()), tmp_path, shipped=shipped).known is not None
    monkeypatch.setattr(type(SUITE), "version", SUITE.version + 1)
    assert choose(_system(Oracle()), tmp_path, shipped=shipped).known is None


def test_only_a_whole_run_on_ones_own_data_of_some_size_is_kept(tmp_path: Path) -> None:
    assert keep(_result(), tmp_path) is None  # built in
    assert keep(_result(_claims(tmp_path / "few.jsonl", 40)), tmp_path) is None
    whole = _claims(tmp_path / "whole.jsonl")
    assert keep(_result(whole, limit=100), tmp_path) is None
    assert keep(_result(whole, judge=Broken()), tmp_path) is None
    assert keep(_result(whole).model_copy(update={"suite": "lm"}), tmp_path) is None
    assert not (tmp_path / "verdicts").exists()
    result = _result(whole)
    assert keep(result, tmp_path) == verdict(result)


def test_data_that_changed_gives_a_verdict_beside_the_older(tmp_path: Path) -> None:
    first = _result(_claims(tmp_path / "own.jsonl"))
    keep(first, tmp_path)
    keep(first, tmp_path)
    assert len(list((tmp_path / "verdicts" / "oracle-1").iterdir())) == 1
    keep(_result(_claims(tmp_path / "own.jsonl", 120)), tmp_path)
    assert len(list((tmp_path / "verdicts" / "oracle-1").iterdir())) == 2


def test_a_fingerprint_that_is_no_file_name_is_kept_all_the_same(tmp_path: Path) -> None:
    judge = Oracle("../../oracle:1 / ü")
    made = keep(_result(_claims(tmp_path / "own.jsonl"), judge=judge), tmp_path)
    assert choose(_system(judge), tmp_path).known == made
    assert [path.parent.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "verdicts"]


def test_files_that_cannot_be_read_are_passed_over(tmp_path: Path, shipped: Path) -> None:
    keep(_result(_claims(tmp_path / "own.jsonl")), tmp_path)
    (path,) = (tmp_path / "verdicts" / "oracle-1").iterdir()
    path.write_text('{"judge": ')
    assert choose(_system(Oracle()), tmp_path, shipped=shipped).verdict().data == "shipped.jsonl"
    (shipped / "judge.json").write_text('{"format": 99}')
    assert choose(_system(Oracle()), tmp_path, shipped=shipped).verdict().data == "built-in"


def test_the_same_digest_is_the_same_verdict(tmp_path: Path, shipped: Path) -> None:
    own = tmp_path / "own"

    def chosen() -> Choice:
        return choose(_system(Oracle()), own, shipped=shipped if with_shipped else tmp_path)

    with_shipped = False
    bare = chosen()
    bare.verdict()
    assert chosen().digest == bare.digest  # having measured it makes no other run
    assert choose(_system(Oracle("oracle-2")), own, shipped=tmp_path).digest != bare.digest
    with_shipped = True
    two = chosen()
    assert two.digest == chosen().digest
    keep(_result(_claims(tmp_path / "own.jsonl", 100)), own)
    three = chosen()
    assert len({bare.digest, two.digest, three.digest}) == 3
    assert len({one.verdict().text for one in (bare, two, three)}) == 3


def test_a_judge_is_asked_once_and_what_it_said_is_kept(tmp_path: Path) -> None:
    judge = Oracle()
    first = choose(_system(judge), tmp_path, shipped=tmp_path).verdict()
    asked = judge.asked
    assert asked >= 100
    assert choose(_system(judge), tmp_path, shipped=tmp_path).verdict() == first
    assert judge.asked == asked


def test_measuring_tells_how_far_it_is_and_asks_several_at_once(tmp_path: Path) -> None:
    judge, steps = Oracle(), []
    choice = choose(_system(judge, batch=1, workers=3), tmp_path, shipped=tmp_path)
    choice.verdict(progress=lambda *step: steps.append(step))
    assert [done for done, _, _ in steps] == list(range(127))
    assert {total for _, total, _ in steps} == {126}
    assert len(judge.threads) > 1
    one = Oracle("oracle-2")
    choose(_system(one, batch=1, workers=3), tmp_path, shipped=tmp_path).verdict(workers=1)
    assert one.threads == {threading.current_thread().name}


def test_measuring_can_be_stopped_after_any_claim_and_goes_on(tmp_path: Path) -> None:
    judge, cancel = Oracle(), threading.Event()
    choice = choose(_system(judge, batch=1), tmp_path, shipped=tmp_path)
    with pytest.raises(Cancelled, match="5 of 126"):
        choice.verdict(progress=lambda done, *_: done == 5 and cancel.set(), cancel=cancel)
    assert judge.asked == 5
    choice.verdict()
    assert judge.asked == 126


def test_a_judge_that_does_not_answer_has_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(HomespunError, match="no brain"):
        choose(_system(Broken()), tmp_path, shipped=tmp_path).verdict()
