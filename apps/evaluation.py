"""An evaluation: from what is asked (suites, a model, data) to a report in a run folder.

Contract: the same request gives the same folder and, timings aside, the same bytes, however often it was
stopped in between. Asked for by name, a suite that can't run is an error; as one of "all" it's left out, and
the report says so and why. The command line and the Evals page both come through here.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.judges import judged, offline_judges
from apps.surroundings import machine, versions
from homespun.errors import Cancelled, HomespunError, OutOfSpace, UsageError
from homespun.settings import Settings

if TYPE_CHECKING:
    from apps.systems import Systems
    from evals.compare import Difference
    from evals.result import JudgeVerdict, Record, Report, SuiteTimings
    from evals.suite import Source, Suite, System
    from evals.verdicts import Choice

ALL = "all"


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        suites: their names, or "all".
        model: an address; where only judges are measured a judge's, or several with commas between, and where
            only a reader is a reader's; None is the settings' own.
        data: instead of what is built in, for one suite.
        limit: how many samples a suite; None is each suite's own choice, 0 all.
        seed: for generated data, the choice of samples and sampling.
        workers: how many samples are asked at once; None is each system's own choice.
        judge: the address of the judge that suites use; None is the usual one.
        fresh: ask again what had been answered.
    """

    suites: tuple[str, ...]
    model: str | None = None
    data: str | None = None
    limit: int | None = None
    seed: int = 0
    workers: int | None = None
    judge: str | None = None
    fresh: bool = False


@dataclass(frozen=True)
class Job:
    """One suite on one system."""

    suite: Suite[Any]
    system: System[Any]
    source: Source
    verdict: Choice | None = None
    """On the judge that the suite uses."""


@dataclass
class Plan:
    """What will be run.

    Attributes:
        id: of the run.
        jobs: in order.
        skipped: suite → why it can't be run.
    """

    id: str
    jobs: list[Job]
    skipped: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """Where a run is.

    Attributes:
        suite: its name.
        system: its name.
        number: which part, from 1: a job, or the measuring of a judge before it.
        count: of how many.
        done: samples done.
        total: samples of this part.
        failures: how many of those done failed.
    """

    suite: str
    system: str
    number: int
    count: int
    done: int
    total: int
    failures: int


@dataclass(frozen=True)
class Finished:
    """A run that came to its end.

    Attributes:
        folder: where it's kept.
        report: with timings.
        records: every sample of every system.
        difference: to the baseline, if there was one.
        replaced: when the earlier run of the same request began, in ISO 8601, if this one's times took the
            place of its; None where there was none, or nothing was timed anew.
    """

    folder: Path
    report: Report
    records: list[Record]
    difference: Difference | None = None
    replaced: str | None = None

    @property
    def silent(self) -> list[str]:
        """For each suite on which every sample failed, one line with the first error."""
        return [
            f"every sample of {result.suite} failed on {result.system.name}, the first with "
            f"{next(sample.error for sample in result.system.samples if sample.error)}"
            for result in self.report.suites
            if result.system.failures == len(result.system.samples)
        ]

    @property
    def failed(self) -> list[str]:
        """For each suite on which some samples failed, one line with the most frequent error."""
        several = Counter(result.suite for result in self.report.suites)
        lines = []
        for result in self.report.suites:
            count, errors = len(result.system.samples), Counter(one.error for one in result.system.samples)
            errors.pop(None, None)
            if 0 < result.system.failures < count:
                on = f" on {result.system.name}" if several[result.suite] > 1 else ""
                lines.append(
                    f"{result.system.failures:,} of {count:,} samples of {result.suite} failed{on}: "
                    f"{errors.most_common(1)[0][0]}"
                )
        return lines


def plan(settings: Settings, request: Request, systems: Systems) -> Plan:
    """Finds suites and makes their systems; nothing is asked yet.

    Raises:
        UnknownName: if there is no such suite.
        UsageError: if a suite and the model or the data don't go together.
        ModelNotFound: if no model answers to that name.
    """
    from apps import compose
    from evals.run_folder import run_id

    table = compose.suites(settings)
    every = ALL in request.suites
    names = list(table.listed()) if every else list(dict.fromkeys(request.suites))
    for name in names:
        table.address(name)  # a mistyped name is told before anything is loaded
    if request.data is not None and len(names) > 1:
        raise UsageError("--data goes with one suite: say which one is to read it.")
    if every:
        systems.make("chat", request.model)  # a mistaken model isn't a reason to leave suites out
    jobs: list[Job] = []
    skipped: dict[str, str] = {}
    for name in names:
        try:
            suite = table[name]
            jobs += _jobs(settings, request, systems, suite, alone=names == [name], skipped=skipped)
        except HomespunError as error:
            if not every:
                raise
            skipped[name] = str(error)
    if not jobs:
        raise UsageError(f"Nothing can be run: {'; '.join(f'{k}: {v}' for k, v in skipped.items())}")
    label = ALL if every else "+".join(names) if len(names) <= 3 else f"{names[0]}+{len(names) - 1}"
    data = request.data
    if data is not None and Path(data).expanduser().exists():
        data = str(Path(data).expanduser().resolve())
    asked = [
        [job.suite.name, job.suite.version, job.system.name, job.system.fingerprint]
        + ([job.verdict.digest] if job.verdict is not None else [])
        for job in jobs
    ]
    if request.judge is not None and not any(job.verdict for job in jobs):
        raise UsageError(f"--judge is for suites that use one, and {', '.join(names)} don't.")
    kinds = {job.suite.kind for job in jobs}
    usual = jobs[0].system.name if kinds == {"reader"} else settings.model
    of = request.model or ("judges" if kinds == {"judge"} else usual)
    return Plan(run_id(label, of, asked, data, request.limit, request.seed, request.judge), jobs, skipped)


def execute(
    settings: Settings,
    request: Request,
    *,
    baseline: Report | None = None,
    progress: Callable[[Step], object] | None = None,
    cancel: threading.Event | None = None,
) -> Finished:
    """Runs all that is asked for and writes the run folder.

    Args:
        settings: say where things are.
        request: what is asked for.
        baseline: an earlier report to compare with.
        progress: called after every answer.
        cancel: set it to stop; what was answered is kept, and the same request goes on from there.

    Raises:
        UsageError: as `plan` does, or if a named suite can't read its data.
        Cancelled: if it was stopped.
        OutOfSpace: if the disk is full.
    """
    from apps.systems import open_systems
    from evals import run_folder
    from evals.harness import run
    from evals.result import Report, Timings
    from evals.verdicts import keep

    started, began = datetime.now(UTC), time.perf_counter()
    results, timings, records = [], [], []
    with open_systems(settings) as systems:
        planned = plan(settings, request, systems)
        skipped = dict(planned.skipped)
        track = _Track(planned.jobs, progress)
        for job in planned.jobs:
            try:
                told = _verdict(job, request, track, cancel)
                result, timing, found = run(
                    job.suite,
                    job.system,
                    source=job.source,
                    limit=request.limit,
                    folder=settings.folder.evals,
                    workers=request.workers,
                    progress=track.teller(job.suite.name, job.system.name),
                    cancel=cancel,
                    fresh=request.fresh,
                    judge_verdict=told,
                )
            except (Cancelled, OutOfSpace):
                raise
            except HomespunError as error:  # its data, or its judge
                if ALL not in request.suites:
                    raise
                skipped[job.suite.name] = str(error)
                continue
            keep(result, settings.folder.evals)
            results.append(result)
            timings.append(timing)
            records += found
    report = Report(
        versions=versions(),
        suites=results,
        skipped=skipped,
        timings=Timings(
            started=started.isoformat(timespec="seconds"),
            wall_s=round(time.perf_counter() - began, 3),
            machine=machine(),
            suites=timings,
        ),
    )
    difference = compared(settings, report, baseline) if baseline is not None else None
    folder = settings.folder.evals / planned.id
    replaced = _replaced(folder, timings)
    run_folder.write(folder, report, records, render(report, records, difference))
    return Finished(folder, report, records, difference, replaced)


def _replaced(folder: Path, timings: Sequence[SuiteTimings]) -> str | None:
    """Returns when the run in a folder began, if its times are about to give way to others."""
    from evals.run_folder import TIMINGS, read_report

    anew = any(one.asked and any(made.value is not None for made in one.estimates) for one in timings)
    if not anew or not (folder / TIMINGS).is_file():
        return None
    try:
        earlier = read_report(folder).timings
    except HomespunError:  # of another version, or not whole
        return None
    return earlier.started if earlier is not None else None


def compared(settings: Settings, now: Report, baseline: Report) -> Difference:
    """Compares a report with an earlier one, by the measures of all suites, the user's among them.

    Raises:
        UsageError: if they have no sample in common.
    """
    from apps import compose
    from evals.compare import compare

    table = compose.suites(settings)
    names = {result.suite for result in now.suites} & set(table.listed())
    difference = compare(now, baseline, measures={name: table[name].measures for name in names})
    if not any(row.n for row in difference.rows):
        why = " ".join(difference.notes)
        raise UsageError(f"The baseline can't be compared with this: no sample is in both. {why}")
    return difference


def render(report: Report, records: list[Record], difference: Difference | None = None) -> dict[str, str]:
    """Returns the files that people read: name → text."""
    from evals.report import html, markdown
    from evals.run_folder import MARKDOWN, PAGE

    return {
        MARKDOWN: markdown.render(report, difference=difference),
        PAGE: html.render(report, records, difference=difference),
    }


def _jobs(
    settings: Settings,
    request: Request,
    systems: Systems,
    suite: Suite[Any],
    *,
    alone: bool,
    skipped: dict[str, str],
) -> list[Job]:
    source = _source(settings, request, suite)
    if suite.kind != "judge":
        suite, verdict = judged(settings, systems, suite, request.judge)
        # Beside other suites `model` is a chat model's address, which no reader answers to.
        address = request.model if alone or suite.kind != "reader" else None
        return [Job(suite, systems.make(suite.kind, address), source, verdict)]
    if alone and request.model is not None:
        return [Job(suite, systems.make("judge", one), source) for one in request.model.split(",")]
    jobs = []
    for address in offline_judges(settings, request.model):
        try:
            jobs.append(Job(suite, systems.make("judge", address), source))
        except HomespunError as error:
            skipped[f"{suite.name} ({address})"] = str(error)
    if not jobs:
        raise HomespunError("no judge can be made")
    return jobs


def _source(settings: Settings, request: Request, suite: Suite[Any]) -> Source:
    from evals.suite import Source

    data = request.data
    if data is None and suite.name == "recorded" and settings.folder.recorded.is_file():
        data = str(settings.folder.recorded)
    return Source(data, request.seed)


class _Track:
    """Counts the parts of a run: its jobs, and before those the judges that have yet to be measured."""

    def __init__(self, jobs: Sequence[Job], progress: Callable[[Step], object] | None) -> None:
        self._progress = progress
        self._count = len(jobs) + sum(job.verdict is not None and job.verdict.known is None for job in jobs)
        self._number = 0

    def teller(self, suite: str, system: str) -> Callable[[int, int, int], object] | None:
        """Begins the next part and returns what tells how far it is."""
        self._number += 1
        number, progress = self._number, self._progress
        if progress is None:
            return None

        def tell(done: int, total: int, failures: int) -> object:
            return progress(Step(suite, system, number, self._count, done, total, failures))

        return tell


def _verdict(
    job: Job, request: Request, track: _Track, cancel: threading.Event | None
) -> JudgeVerdict | None:
    if job.verdict is None or job.verdict.known is not None:
        return job.verdict.known if job.verdict is not None else None
    return job.verdict.verdict(
        workers=request.workers,
        progress=track.teller("judge", job.verdict.system.name),
        cancel=cancel,
    )
