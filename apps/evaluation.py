"""An evaluation: from what is asked (suites, a model, data) to a report in a run folder.

Contract: the same request gives the same folder and, timings aside, the same bytes, however often it was
stopped in between. Asked for by name, a suite that can't run is an error; as one of "all" it's left out, and
the report says so and why. The command line and the Evals page both come through here.
"""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homespun.errors import Cancelled, HomespunError, OutOfSpace, UsageError
from homespun.settings import Settings

if TYPE_CHECKING:
    from apps.systems import Systems
    from evals.compare import Difference
    from evals.result import JudgeVerdict, Record, Report, SuiteResult
    from evals.suite import Source, Suite, System

ALL = "all"
# Those whose other versions may answer or count otherwise.
PACKAGES = (
    "homespun",
    "langchain-core",
    "langgraph",
    "llguidance",
    "numpy",
    "rouge-score",
    "sacrebleu",
    "scikit-learn",
    "tokenizers",
    "torch",
    "transformers",
)


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        suites: their names, or "all".
        model: an address; of a judge where only judges are measured; None is the settings' own.
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
    verdict: Callable[[], JudgeVerdict] | None = None
    """Measures the judge that the suite uses."""


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
        number: which job, from 1.
        count: of how many.
        done: samples done.
        total: samples of this job.
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
    """

    folder: Path
    report: Report
    records: list[Record]
    difference: Difference | None = None

    @property
    def silent(self) -> list[str]:
        """For each suite on which every sample failed, one line with the first error."""
        return [
            f"every sample of {result.suite} failed on {result.system.name}, the first with "
            f"{next(sample.error for sample in result.system.samples if sample.error)}"
            for result in self.report.suites
            if result.system.failures == len(result.system.samples)
        ]


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
    asked = [[job.suite.name, job.suite.version, job.system.name, job.system.fingerprint] for job in jobs]
    if request.judge is not None and not any(job.verdict for job in jobs):
        raise UsageError(f"--judge is for suites that use one, and {', '.join(names)} don't.")
    of = request.model or ("judges" if {job.suite.kind for job in jobs} == {"judge"} else settings.model)
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

    started, began = datetime.now(UTC), time.perf_counter()
    results, timings, records = [], [], []
    with open_systems(settings) as systems:
        planned = plan(settings, request, systems)
        skipped = dict(planned.skipped)
        for number, job in enumerate(planned.jobs, 1):
            tell = _teller(job, number, len(planned.jobs), progress)
            try:
                result, timing, found = run(
                    job.suite,
                    job.system,
                    source=job.source,
                    limit=request.limit,
                    folder=settings.folder.evals,
                    workers=request.workers,
                    progress=tell,
                    cancel=cancel,
                    fresh=request.fresh,
                    judge_verdict=job.verdict() if job.verdict is not None else None,
                )
            except (Cancelled, OutOfSpace):
                raise
            except HomespunError as error:  # its data, or its judge
                if ALL not in request.suites:
                    raise
                skipped[job.suite.name] = str(error)
                continue
            if result.suite == "judge" and result.limit is None:
                _keep_verdict(result, settings.folder.evals)
            results.append(result)
            timings.append(timing)
            records += found
    report = Report(
        versions=versions(PACKAGES),
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
    run_folder.write(folder, report, records, render(report, records, difference))
    return Finished(folder, report, records, difference)


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


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Returns the versions of those that are installed, and Python's."""
    found = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """Returns what the time that something took depends on."""
    import sys

    import psutil

    found: dict[str, Any] = {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "memory": psutil.virtual_memory().total,
    }
    torch = sys.modules.get("torch")
    if torch is not None:
        found["threads"] = torch.get_num_threads()
        if torch.cuda.is_available():
            found["gpu"] = torch.cuda.get_device_name(0)
    return found


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
        judged, verdict = _judged(settings, request, suite, systems)
        return [Job(judged, systems.make(suite.kind, request.model), source, verdict)]
    if alone and request.model is not None:
        return [Job(suite, systems.make("judge", request.model), source)]
    jobs = []
    for address in offline_judges(settings, request.model):
        try:
            jobs.append(Job(suite, systems.make("judge", address), source))
        except HomespunError as error:
            skipped[f"{suite.name} ({address})"] = str(error)
    if not jobs:
        raise HomespunError("no judge can be made")
    return jobs


def _judged(
    settings: Settings, request: Request, suite: Suite[Any], systems: Systems
) -> tuple[Suite[Any], Callable[[], JudgeVerdict] | None]:
    """Returns the suite with the judge that was asked for, and what measures that judge."""
    from evals.judged import JudgedSuite
    from evals.verdict import verdict_for

    if not isinstance(suite, JudgedSuite):
        return suite, None
    if request.judge is not None:
        suite = suite.with_judge(systems.judge(request.judge))
    judge, folder = suite.judge, settings.folder.evals
    return suite, lambda: verdict_for(judge, folder)


def _keep_verdict(result: SuiteResult, folder: Path) -> None:
    """What all claims of the user's own say of a judge is told from now on wherever it's used."""
    from evals.verdict import keep, verdict

    try:
        made = verdict(result)
    except UsageError:
        return  # too little was answered
    keep(made, folder)


def offline_judges(settings: Settings, model: str | None = None) -> list[str]:
    """Returns the addresses of the judges that need nothing beside what is here."""
    from apps import compose

    addresses = {"chat": f"chat:{model or settings.model}", "cross": None}
    listed = [addresses.get(name, name) for name in compose.judges(settings).listed()]
    return [address for address in listed if address is not None]


def _source(settings: Settings, request: Request, suite: Suite[Any]) -> Source:
    from evals.suite import Source

    data = request.data
    if data is None and suite.name == "recorded" and settings.folder.recorded.is_file():
        data = str(settings.folder.recorded)
    return Source(data, request.seed)


def _teller(
    job: Job, number: int, count: int, progress: Callable[[Step], object] | None
) -> Callable[[int, int, int], object] | None:
    if progress is None:
        return None

    def tell(done: int, total: int, failures: int) -> object:
        return progress(Step(job.suite.name, job.system.name, number, count, done, total, failures))

    return tell
