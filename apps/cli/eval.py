"""`homespun eval`: any suite of evals/suites, on any model, with a report and a comparison."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.cli.options import AsJson
from apps.cli.output import columns, complain, emit, note, printable
from homespun.errors import Cancelled, HomespunError, UsageError

if TYPE_CHECKING:
    from apps.evaluation import Finished, Request, Step
    from evals.compare import Difference
    from evals.result import Report
    from homespun.settings import Settings

FAILED = 1


def evaluate(
    suites: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SUITE...]", help='Which ones, or "all"; without any they are listed.'),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", "-m", help="What is measured; for judge, a judge or A,B; for reading, a reader."
        ),
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="PATH", help="A file, a folder or hf:NAME instead of built-in data.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=0, help="So many samples a suite; 0 takes all there are.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="For the choice of samples and all that is drawn.")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="How many samples are asked at once.")
    ] = None,
    judge: Annotated[str | None, typer.Option(help="The judge that suites use.")] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Compare with this report or run; leave with 1 if something fell or can't be told.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the report to this file too, as JSON.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask again what had been answered.")] = False,
    track: Annotated[
        str | None, typer.Option(metavar="wandb|tensorboard", help="Send the figures to a tracker too.")
    ] = None,
    runs: Annotated[bool, typer.Option("--runs", help="List the runs that are kept and leave.")] = False,
    show: Annotated[
        str | None, typer.Option(metavar="RUN", help="Show a run that is kept; nothing is asked.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Measure a model: `homespun eval lm`, `homespun eval all --limit 50`."""
    from apps.evaluation import ALL, Request
    from evals.run_folder import find_run, read_report
    from homespun.settings import load_settings

    settings = load_settings()
    root = settings.folder.evals
    if runs or show is not None:
        if suites or (runs and show is not None):
            raise UsageError("--runs and --show stand without a suite and without each other.")
        if runs:
            return _list_runs(root, as_json)
    elif not suites:
        if baseline is not None or output is not None:
            raise UsageError("Say which suite, for example: homespun eval lm.")
        return _list_suites(settings, as_json)
    before = read_report(find_run(root, baseline)) if baseline is not None else None
    if show is not None:
        return _show(settings, find_run(root, show), before, output, as_json)
    tracker = _tracker(track)
    request = Request(
        suites=tuple(suites or ()),
        model=model,
        data=data,
        limit=limit,
        seed=seed,
        workers=workers,
        judge=judge,
        fresh=fresh,
    )
    finished = _run(settings, request, before, baseline)
    _tell(finished.report, finished.difference, finished.folder, output, as_json)
    if tracker is not None:
        note(tracker(finished.report, finished.folder))
    if finished.replaced is not None:
        when = finished.replaced[:16].replace("T", " ")
        complain(f"replaces the run of {when}; its times are gone; --output keeps a copy")
    if before is None:
        for line in finished.failed:
            complain(line)
    asked = None if ALL in request.suites else request.suites
    return _status(finished.report, before, finished.difference, finished.silent, asked)


def _run(settings: Settings, request: Request, before: Report | None, baseline: str | None) -> Finished:
    from apps.cli.progress import Progress
    from apps.evaluation import execute

    progress = Progress()
    steps: list[Step] = []

    def follow(step: Step) -> None:
        steps[:] = [step]
        progress(step)

    try:
        return execute(settings, request, baseline=before, progress=follow)
    except KeyboardInterrupt:
        where = "".join(
            f" in {at.suite} with {at.done - at.failures:,} of {at.total:,} samples answered" for at in steps
        )
        raise Cancelled(
            f"stopped{where}; what was answered is kept, and {_command(request, baseline)} goes on"
        ) from None
    finally:
        progress.clear()


def _command(request: Request, baseline: str | None) -> str:
    """The line that goes on with a run: the same, but nothing is asked anew."""
    given = {
        "model": request.model,
        "data": request.data,
        "limit": request.limit,
        "seed": request.seed or None,
        "workers": request.workers,
        "judge": request.judge,
        "baseline": baseline,
    }
    options = [
        part for name, value in given.items() if value is not None for part in (f"--{name}", str(value))
    ]
    return shlex.join(["homespun", "eval", *request.suites, *options])


def _tell(
    report: Report, difference: Difference | None, folder: Path | None, output: Path | None, as_json: bool
) -> None:
    from evals.run_folder import PAGE, to_json
    from homespun.files import atomic_write

    if output is not None:
        try:
            atomic_write(output, to_json(report))
        except OSError as error:
            raise HomespunError(f"Can't write {output}: {error.strerror}.") from error
    if as_json:
        extra: dict[str, Any] = {}
        if difference is not None:
            extra["difference"] = difference.model_dump()
        if folder is not None:
            extra |= {"run": folder.name, "folder": str(folder)}
        emit({**report.model_dump(), **extra})
        return
    from evals.report import terminal

    print(printable(terminal.render(report, difference=difference)).rstrip())
    if folder is not None:
        print(f"\nreport: {folder / PAGE}")


def _status(
    report: Report,
    before: Report | None,
    difference: Difference | None,
    silent: Collection[str] = (),
    asked: Collection[str] | None = None,
) -> int:
    """Says what is wrong, if anything, and returns what the program leaves with."""
    from evals.gate import untested

    wrong = [*silent]
    if before is not None and difference is not None:
        regressions = [str(row) for row in difference.regressions]
        wrong += [f"worse than the baseline: {', '.join(regressions)}"] if regressions else []
        wrong += untested(report, before, difference, asked)
    for text in wrong:
        complain(text)
    return FAILED if wrong else 0


def _show(settings: Settings, path: Path, before: Report | None, output: Path | None, as_json: bool) -> int:
    from apps.evaluation import compared
    from evals.run_folder import read_report

    report = read_report(path)
    difference = compared(settings, report, before) if before is not None else None
    _tell(report, difference, path if path.is_dir() else None, output, as_json)
    return _status(report, before, difference)


def _list_suites(settings: Settings, as_json: bool) -> int:
    from apps import compose

    table = compose.suites(settings)
    rows = []
    for name in table.listed():
        try:
            suite = table[name]
        except HomespunError as error:
            rows.append({"name": name, "about": str(error), "measures": None})
        else:
            rows.append({"name": name, "about": suite.about, "measures": suite.kind})
    if as_json:
        emit({"suites": rows})
    else:
        columns(("SUITE", "MEASURES", "ABOUT"), [(r["name"], r["measures"] or "-", r["about"]) for r in rows])
    return 0


def _list_runs(root: Path, as_json: bool) -> int:
    from evals.run_folder import list_runs

    found = list_runs(root)
    if as_json:
        emit(
            {
                "runs": [
                    {
                        "run": info.id,
                        "folder": str(info.folder),
                        "started": info.started,
                        "suites": list(info.suites),
                        "systems": list(info.systems),
                        "samples": info.samples,
                        "failures": info.failures,
                    }
                    for info in found
                ]
            }
        )
    elif found:
        columns(
            ("RUN", "STARTED", "SAMPLES", "FAILED"),
            [(info.id, info.started[:16].replace("T", " "), info.samples, info.failures) for info in found],
        )
    else:
        note("There are no runs yet: homespun eval lm makes one.")
    return 0


def _tracker(name: str | None) -> Callable[[Report, Path], str] | None:
    if name is None:
        return None
    from evals.tracking import TRACKERS

    return TRACKERS[name]  # a mistyped name is told before anything is asked
