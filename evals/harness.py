"""The harness: a suite asked of a system, its answers scored, and what the figures are worth.

Contract: the same samples, system and seed give the same `SuiteResult` to the byte, in one go or after any
number of kills. Only what the clock said differs, and it's in `SuiteTimings` and the records' outputs.

A failure is never a zero: a sample that raised, whose answer is no plain value, or whose scores can't be
computed is out of every measure and counted in `failure_rate`, with its error.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from evals.collecting import Progress, Reply, collect, line
from evals.estimates import TIMING, Row, check, estimate_all, repeatable, slices, timed
from evals.log import Answers
from evals.result import (
    Answered,
    Asked,
    JudgeVerdict,
    Record,
    Scored,
    SuiteResult,
    SuiteTimings,
    SystemResult,
)
from evals.sample import Output, Sample, digest
from evals.selection import select
from evals.suite import Source, Suite, System

S = TypeVar("S")
RESAMPLES = 2000


def answers_file(folder: Path, suite: Suite[Any], system: System[Any], seed: int) -> Path:
    """Returns where the answers of a system to a suite are kept."""
    return folder / "answers" / suite.name / f"{digest(suite.version, system.fingerprint, seed)[:16]}.jsonl"


def run(
    suite: Suite[S],
    system: System[S],
    *,
    source: Source | None = None,
    limit: int | None = None,
    folder: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    fresh: bool = False,
    resamples: int = RESAMPLES,
    judge_verdict: JudgeVerdict | None = None,
) -> tuple[SuiteResult, SuiteTimings, list[Record]]:
    """Runs one suite on one system and on the suite's baselines.

    Args:
        suite: what is asked and how it's judged.
        system: what is measured.
        source: which data, and the seed; by default what the suite has built in, with seed 0.
        limit: how many samples; None is the suite's own choice, 0 all of them.
        folder: where answers are kept (``HOMESPUN_HOME/runs/evals``); None keeps none.
        workers: how many samples are asked at once; None is the system's own choice.
        progress: called with done, total and failures, for the system but not for baselines.
        cancel: set it to stop; what was answered is kept.
        fresh: ask again what had been answered.
        resamples: of the bootstrap.
        judge_verdict: how far the judge that the suite uses can be trusted.

    Returns:
        The result, what the clock said, and everything about each sample: the system's, then the baselines'.

    Raises:
        UsageError: if the data can't be used.
        Cancelled: if it was stopped; running it again goes on where it was.
        OutOfSpace: if an answer can't be kept.
    """
    check(suite.measures)
    source = source if source is not None else Source()
    limit = suite.default_limit if limit is None else limit or None
    samples = select(suite.samples(source), limit, source.seed)
    began = time.perf_counter()
    measured: list[_Measured] = []
    beside = [one for one in suite.baselines() if one.fingerprint != system.fingerprint]
    for place, one in enumerate((system, *beside)):
        measured.append(
            _measure(
                suite,
                one,
                samples,
                baseline=place > 0,
                seed=source.seed,
                folder=folder,
                workers=max(1, one.workers if workers is None or place else workers),
                progress=None if place else progress,
                cancel=cancel,
                fresh=fresh,
                resamples=resamples,
            )
        )
    first, *others = measured
    result = SuiteResult(
        suite=suite.name,
        version=suite.version,
        about=suite.about,
        data="built-in" if source.data is None else _short(source.data),
        digest=digest([sample.digest for sample in samples]),
        seed=source.seed,
        limit=limit,
        system=first.result,
        baselines=[one.result for one in others],
        judge=judge_verdict,
    )
    timings = SuiteTimings(
        suite=suite.name,
        system=system.name,
        wall_s=round(time.perf_counter() - began, 3),
        asked=sum(reply.asked for reply in first.replies),
        kept=sum(not reply.asked for reply in first.replies),
        estimates=estimate_all(
            timed(suite.measures), first.rows(timing=True), resamples=resamples, seed=source.seed, mde=False
        ),
    )
    return result, timings, [record for one in measured for record in one.records]


@dataclass(frozen=True)
class _Measured:
    """One system's part."""

    samples: Sequence[Sample]
    replies: Sequence[Reply]
    scores: Sequence[Mapping[str, float | None]]
    errors: Sequence[str | None]
    result: SystemResult
    records: Sequence[Record]

    def rows(self, *, timing: bool) -> list[Row]:
        return _rows(self.samples, self.replies, self.scores, self.errors, timing=timing)


def _measure(
    suite: Suite[S],
    system: System[S],
    samples: Sequence[Sample],
    *,
    baseline: bool,
    seed: int,
    folder: Path | None,
    workers: int,
    progress: Progress | None,
    cancel: threading.Event | None,
    fresh: bool,
    resamples: int,
) -> _Measured:
    answers = Answers(answers_file(folder, suite, system, seed)) if folder is not None else None
    try:
        if answers is not None and fresh:
            answers.forget(sample.digest for sample in samples)
        replies = collect(
            suite,
            system,
            samples,
            seed=seed,
            answers=answers,
            workers=workers,
            progress=progress,
            cancel=cancel,
        )
        if answers is not None and suite.measures[0].timing:
            # What the clock said is measured anew each time; it's kept only until the run has ended.
            answers.forget(sample.digest for sample in samples)
    finally:
        if answers is not None:
            answers.close()
    scores, errors = [], []
    for sample, reply in zip(samples, replies, strict=True):
        columns, error = _score(suite, sample, reply)
        scores.append(columns)
        errors.append(error)
    rows = _rows(samples, replies, scores, errors, timing=False)
    measures = repeatable(suite.measures)
    result = SystemResult(
        name=system.name,
        fingerprint=system.fingerprint,
        about=dict(system.about),
        estimates=estimate_all(measures, rows, resamples=resamples, seed=seed),
        slices=slices(measures, rows, resamples=resamples, seed=seed),
        failures=sum(error is not None for error in errors),
        samples=[
            Scored(
                id=sample.id,
                digest=sample.digest,
                group=sample.group,
                tags=dict(sample.tags),
                scores=dict(columns),
                error=error,
            )
            for sample, columns, error in zip(samples, scores, errors, strict=True)
        ],
    )
    records = [
        Record(
            suite=suite.name,
            system=system.name,
            baseline=baseline,
            sample=Asked(
                id=sample.id,
                input=sample.input,
                target=sample.target,
                group=sample.group,
                tags=dict(sample.tags),
            ),
            digest=sample.digest,
            output=None if reply.output is None else _answered(suite, sample, reply.output),
            error=error,
            scores=dict(columns),
        )
        for sample, reply, columns, error in zip(samples, replies, scores, errors, strict=True)
    ]
    return _Measured(samples, replies, scores, errors, result, records)


def _score(suite: Suite[Any], sample: Sample, reply: Reply) -> tuple[dict[str, float | None], str | None]:
    """Returns the sample's columns, or none of them and why."""
    if reply.output is None:
        return {}, reply.error
    try:
        scores = suite.score(sample, reply.output)
        columns = {name: _number(name, value) for name, value in scores.items()}
        usage = {f"usage.{name}": _number(name, value) for name, value in reply.output.usage.items()}
    except Exception as error:
        return {}, f"the answer couldn't be scored: {line(error)}"
    return {**usage, **columns}, None


def _number(name: str, value: object) -> float | None:
    if value is None:
        return None
    if not isinstance(value, (int, float)) and not hasattr(value, "__float__"):
        raise TypeError(f"{name} is a {type(value).__name__}, not a number")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name} is {number}")
    return number


def _rows(
    samples: Sequence[Sample],
    replies: Sequence[Reply],
    scores: Sequence[Mapping[str, float | None]],
    errors: Sequence[str | None],
    *,
    timing: bool,
) -> list[Row]:
    rows = []
    for sample, reply, columns, error in zip(samples, replies, scores, errors, strict=True):
        clock = {}
        if timing and error is None and reply.output is not None:
            clock = {TIMING + name: value for name, value in reply.output.timing.items()}
        rows.append(Row(sample.cluster, {**columns, **clock}, error is not None, sample.tags))
    return rows


def _answered(suite: Suite[Any], sample: Sample, output: Output) -> Answered:
    trace = output.trace
    if trace is None or isinstance(trace, dict):
        try:
            found = suite.explain(sample, output)
        except Exception as error:  # it's only to be looked at
            found = {"unexplained": line(error)}
        trace = {**(trace or {}), **found} if found else trace
    return Answered(
        answer=output.answer,
        passages=list(output.passages),
        trace=trace,
        usage=dict(output.usage),
        timing=dict(output.timing),
    )


def _short(data: str) -> str:
    """A file's name without its folder, which differs from machine to machine; an address as it is."""
    return data if "://" in data or data.startswith("hf:") else Path(data).name
