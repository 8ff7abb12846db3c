from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from evals.harness import answers_file, run
from evals.measure import Mean, Measure, Ratio, Whole
from evals.result import Estimate, SuiteResult
from evals.sample import Output, Sample, seed_of
from evals.suite import Scores, Source, Suite, System
from homespun.errors import Cancelled, OutOfSpace, UsageError


class Sums(Suite[Any]):
    """Is one more than a number known?"""

    name = "sums"
    about = "one more than a number"
    kind = "sums"
    measures = (
        Measure("right", Mean("right"), primary=True),
        Measure("words", Ratio("usage.words", "one"), "neither"),
        Measure("seconds", Mean("timing.s"), "lower", unit="s", timing=True),
    )

    def __init__(self, count: int = 12) -> None:
        self.count = count

    def samples(self, source: Source) -> Iterator[Sample]:
        for number in range(self.count):
            tags = {"parity": "odd" if number % 2 else "even", "own": str(number), "same": "x"}
            yield Sample(f"n{number}", number, number + 1, f"g{number // 3}", tags)

    def answer(self, system: Any, sample: Sample, seed: int) -> Output:
        found = system(sample.input, seed)
        return found if isinstance(found, Output) else Output(found, usage={"words": 1}, timing={"s": 0.5})

    def score(self, sample: Sample, output: Output) -> Scores:
        if output.answer == "unscorable":
            raise LookupError("no\nsuch word")
        if isinstance(output.answer, str) and output.answer.startswith("score "):
            return {"right": float(output.answer[6:]), "one": 1}
        return {"right": output.answer == sample.target, "one": 1}

    def baselines(self) -> Sequence[System[Any]]:
        return [System("zero", lambda number, seed: 0, "zero-1")]


class Counting:
    """A system that remembers what it was asked, and raises or answers as it's told."""

    def __init__(self, **odd: Any) -> None:
        self.asked: list[int] = []
        self.odd = {int(key[1:]): value for key, value in odd.items()}

    def __call__(self, number: int, seed: int) -> Any:
        self.asked.append(number)
        odd = self.odd.get(number, number + 1)
        if isinstance(odd, BaseException):
            raise odd
        return odd


def _system(call: Any, fingerprint: str = "f1", workers: int = 1) -> System[Any]:
    return System("plus", call, fingerprint, workers)


def _figure(result: SuiteResult, name: str) -> Estimate:
    return next(one for one in result.system.estimates if one.measure == name)


def test_a_system_is_not_its_own_baseline() -> None:
    result, _, records = run(Sums(), _system(Counting(), fingerprint="zero-1"))
    assert result.baselines == []
    assert {record.system for record in records} == {"plus"}


def test_figures_baselines_and_records_of_a_plain_run() -> None:
    result, timings, records = run(Sums(), _system(Counting(n5=0)))
    right = _figure(result, "right")
    assert right.value == pytest.approx(11 / 12)
    assert right.low is not None
    assert right.high is not None
    assert right.low < 11 / 12 < right.high
    assert (right.n, right.groups, right.primary, right.note) == (12, 4, True, "")
    assert _figure(result, "words").value == 1
    assert [one.measure for one in result.system.estimates] == ["right", "words", "failure_rate"]
    failed = _figure(result, "failure_rate")
    assert (failed.value, failed.primary, failed.better) == (0, True, "lower")
    assert [one.name for one in result.baselines] == ["zero"]
    assert result.baselines[0].estimates[0].value == 0
    assert (result.data, result.limit, result.seed, result.version) == ("built-in", None, 0, 1)
    assert [one.measure for one in timings.estimates] == ["seconds"]
    assert timings.estimates[0].value == 0.5
    assert (timings.asked, timings.kept) == (12, 0)
    assert [(record.system, record.baseline) for record in records] == [("plus", False)] * 12 + [
        ("zero", True)
    ] * 12
    assert records[5].output is not None
    assert (records[5].output.answer, records[5].scores["right"]) == (0, 0)
    assert records[5].sample.target == 6
    scored = result.system.samples[5]
    assert (scored.id, scored.group, scored.digest) == ("n5", "g1", records[5].digest)
    assert scored.scores == {"usage.words": 1, "right": 0, "one": 1}


def test_slices_are_by_tags_that_tell_kinds_apart() -> None:
    slices = run(Sums(14), _system(Counting(n5=0)))[0].system.slices
    assert set(slices) == {"parity"}  # "own" has too many values, "same" one
    assert {value: found[0].value for value, found in slices["parity"].items()} == {
        "even": 1,
        "odd": pytest.approx(6 / 7),
    }
    assert [one.measure for one in slices["parity"]["odd"]] == ["right", "words", "failure_rate"]


def test_a_failure_of_any_kind_is_counted_and_is_no_zero() -> None:
    odd = {
        "n1": RuntimeError("boom\nat 0x7f3a12345678"),
        "n2": "unscorable",
        "n3": "score nan",
        "n4": "score inf",
        "n6": Output(object()),
        "n7": Output(1, usage={"words": float("nan")}),
        "n8": ValueError(),
    }
    result, _, records = run(Sums(), _system(Counting(**odd)))
    errors = {record.sample.id: record.error for record in records if record.error}
    assert errors.pop("n7").startswith("the answer can't be kept: ValueError: Out of range float values")
    assert errors == {
        "n1": "RuntimeError: boom at 0x…",
        "n2": "the answer couldn't be scored: LookupError: no such word",
        "n3": "the answer couldn't be scored: ValueError: right is nan",
        "n4": "the answer couldn't be scored: ValueError: right is inf",
        "n6": "the answer can't be kept: TypeError: Object of type object is not JSON serializable",
        "n8": "ValueError",
    }
    assert result.system.failures == 7
    assert _figure(result, "failure_rate").value == pytest.approx(7 / 12)
    right = _figure(result, "right")
    assert (right.value, right.n) == (1, 5)
    by_id = {scored.id: scored for scored in result.system.samples}
    assert (by_id["n2"].scores, by_id["n2"].error) == ({}, errors["n2"])
    assert records[2].output is not None  # what was said can be looked at


def test_what_was_found_in_an_answer_lies_in_its_trace() -> None:
    class Explained(Sums):
        def explain(self, sample: Sample, output: Output) -> Any:
            if sample.input == 1:
                raise KeyError("no")
            return {"off": output.answer - sample.target}

    system = _system(Counting(n0=Output(1, trace={"turns": 2}), n2=Output(1, trace=[1])))
    records = run(Explained(), system)[2]
    traces = [record.output.trace for record in records[:4] if record.output is not None]
    assert traces == [{"turns": 2, "off": 0}, {"unexplained": "KeyError: 'no'"}, [1], {"off": 0}]


def test_if_all_fails_there_are_no_figures_and_a_reason() -> None:
    def broken(number: int, seed: int) -> int:
        raise ConnectionError("nobody there")

    result, timings, _ = run(Sums(), _system(broken))
    right = _figure(result, "right")
    assert (right.value, right.low, right.mde, right.n) == (None, None, None, 0)
    assert right.note == "no sample was answered"
    assert _figure(result, "failure_rate").value == 1
    assert timings.estimates[0].value is None
    assert result.baselines[0].failures == 0


def test_a_figure_that_is_not_defined_says_so() -> None:
    class Undefined(Sums):
        measures = (
            Measure("never", Mean("nosuch")),
            Measure("nothing", Ratio("right", "right")),
            Measure("odd", Whole(("right",), lambda right, weights: float("nan"))),
        )

    result, _, _ = run(Undefined(), _system(lambda number, seed: -1))
    for name in ("never", "nothing", "odd"):
        found = _figure(result, name)
        assert found.value is None
        assert found.note
    assert _figure(result, "never").n == 0


def test_the_result_does_not_depend_on_time_workers_or_order() -> None:
    def slow(number: int, seed: int) -> Output:
        threading.Event().wait((12 - number) * 0.002)
        return Output(seed % 7, timing={"s": number})

    one, ours, _ = run(Sums(), _system(lambda number, seed: Output(seed % 7, timing={"s": 1})))
    many, theirs, records = run(Sums(), _system(slow, workers=4))
    assert one.model_dump_json() == many.model_dump_json()
    assert ours.estimates[0].value != theirs.estimates[0].value
    assert [record.sample.id for record in records[:12]] == [f"n{number}" for number in range(12)]
    sample = next(iter(Sums().samples(Source())))
    assert records[0].output is not None
    assert records[0].output.answer == seed_of(0, sample) % 7
    assert one.model_dump_json() != run(Sums(), _system(Counting(n3=1)))[0].model_dump_json()


def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    def asked(suite: Suite[Any] | None = None, system: str = "f1", **more: Any) -> int:
        call = Counting()
        run(suite or Sums(), _system(call, system), folder=tmp_path, **more)
        return len(call.asked)

    class Newer(Sums):
        version = 2

    class Reworded(Sums):
        def samples(self, source: Source) -> Iterator[Sample]:
            for sample in super().samples(source):
                yield Sample(sample.id, sample.input + (sample.id == "n3"), sample.target)

    assert [asked(limit=4), asked(limit=4), asked(limit=7), asked(), asked(limit=0)] == [4, 0, 3, 5, 0]
    assert asked(system="f2") == 12
    assert asked(Newer()) == 12
    assert asked(source=Source(seed=1)) == 12
    assert asked(Sums(14)) == 2
    assert asked(Reworded()) == 12  # groups and tags are part of a sample
    assert [asked(fresh=True, limit=3), asked()] == [3, 0]


def test_errors_are_asked_again_and_scores_are_computed_anew(tmp_path: Path) -> None:
    class Strict(Sums):
        def score(self, sample: Sample, output: Output) -> Scores:
            return {"right": 0.25, "one": 1}

    first, _, _ = run(Sums(), _system(Counting(n1=OSError("down"), n2="unscorable")), folder=tmp_path)
    assert first.system.failures == 2
    call = Counting()
    second, timings, _ = run(Sums(), _system(call), folder=tmp_path)
    assert call.asked == [1]
    assert second.system.failures == 1
    assert (timings.asked, timings.kept) == (1, 11)
    assert _figure(run(Strict(), _system(None), folder=tmp_path)[0], "right").value == 0.25


def test_a_suite_about_time_measures_anew_once_it_has_ended(tmp_path: Path) -> None:
    class Clock(Sums):
        measures = (Sums.measures[2], Sums.measures[0])

    def stopping(number: int, seed: int) -> int:
        if number == 6:
            raise KeyboardInterrupt
        return number

    call = Counting()
    with pytest.raises(KeyboardInterrupt):
        run(Clock(), _system(stopping), folder=tmp_path)
    run(Clock(), _system(call), folder=tmp_path)
    assert call.asked == [6, 7, 8, 9, 10, 11]
    run(Clock(), _system(call), folder=tmp_path)
    assert len(call.asked) == 18


@pytest.mark.parametrize("workers", [1, 3])
def test_stopping_keeps_what_was_answered(tmp_path: Path, workers: int) -> None:
    cancel = threading.Event()
    seen: list[tuple[int, int, int]] = []

    def progress(done: int, total: int, failures: int) -> None:
        seen.append((done, total, failures))
        if done >= 4:
            cancel.set()

    whole = run(Sums(), _system(Counting(n0=OSError("x"))))[0]
    with pytest.raises(Cancelled, match="of 12 samples"):
        run(
            Sums(),
            _system(Counting(n0=OSError("x")), workers=workers),
            folder=tmp_path,
            progress=progress,
            cancel=cancel,
        )
    assert seen[0] == (0, 12, 0)
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    assert seen[-1][2] == 1
    call = Counting(n0=OSError("x"))
    resumed = run(Sums(), _system(call), folder=tmp_path)[0]
    assert 0 < len(call.asked) < 12
    assert resumed.model_dump_json() == whole.model_dump_json()


def test_batches_are_asked_as_they_are(tmp_path: Path) -> None:
    sizes: list[int] = []

    class Batches(Sums):
        batch = 5

        def answers(
            self, system: Any, samples: Sequence[Sample], seeds: Sequence[int]
        ) -> list[Output | Exception]:
            sizes.append(len(samples))
            if system == "raises" and samples[0].input == 5:
                raise MemoryError("too many")
            if system == "short":
                return [Output(1)]
            return super().answers(lambda number, seed: number + 1, samples, seeds)

    batched = run(Batches(), _system("whole"), limit=0)[0]
    assert sizes[:3] == [5, 5, 2]
    assert batched.system == run(Sums(), _system(Counting()))[0].system
    result, _, _ = run(Batches(), _system("raises"))
    assert [scored.error for scored in result.system.samples if scored.error] == ["MemoryError: too many"] * 5
    result, _, _ = run(Batches(), _system("short"))
    assert result.system.failures == 12
    assert result.system.samples[0].error == "ValueError: 1 answers were given to 5 samples"


@pytest.mark.parametrize("workers", [1, 3])
def test_a_full_disk_ends_the_run(tmp_path: Path, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("evals.log.os.write", full)
    with pytest.raises(OutOfSpace, match="Free some space"):
        run(Sums(), _system(Counting(), workers=workers), folder=tmp_path)


def test_answers_lie_where_the_suite_the_system_and_the_seed_say(tmp_path: Path) -> None:
    run(Sums(), _system(Counting()), folder=tmp_path, source=Source(seed=4))
    path = answers_file(tmp_path, Sums(), _system(None), 4)
    assert path.parent == tmp_path / "answers" / "sums"
    assert len(path.stem) == 16
    assert len(path.read_text().splitlines()) == 12
    assert len(list(path.parent.iterdir())) == 2  # and the baseline's


def test_the_data_is_named_without_its_folder() -> None:
    def named(data: str) -> str:
        return run(Sums(), _system(Counting()), source=Source(data))[0].data

    assert named("/somewhere/else/claims.jsonl") == "claims.jsonl"
    assert named("hf:org/name") == "hf:org/name"


def test_mistakes_of_a_suite_are_told() -> None:
    class Leaky(Sums):
        measures = (Measure("seconds", Mean("timing.s")),)

    with pytest.raises(ValueError, match="timing=True"):
        run(Leaky(), _system(Counting()))
    with pytest.raises(UsageError, match="no samples"):
        run(Sums(0), _system(Counting()))
