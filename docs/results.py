"""Keeps the tables of results: ``python docs/results.py`` writes them from ``evals/results/*.json``.

The README has all of them, the card of each shipped adapter those of the systems that it's part of.
``--check`` writes nothing and leaves with 1 where a page isn't what the reports give.
``--add RUN [--as NAME]`` first keeps the report of a run (a run folder, its id, or a report file) without its
samples as ``evals/results/NAME.json``; without a name it's called after what was measured.

A table stands between the lines ``<!-- results -->`` and ``<!-- /results -->``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from evals.report.figures import UNDEFINED, facts, number, plain, spread, words
from evals.report.markdown import escape, table
from evals.report.rows import BETTER, COUNTED, Row, rows, timings_of
from evals.result import Report, SuiteResult, SystemResult
from evals.run_folder import find_run, read_report, to_json
from finetune.marks import with_results
from homespun.errors import HomespunError
from homespun.files import atomic_write

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
KEPT = ROOT / "evals" / "results"
WEIGHTS = ROOT / "models" / "weights"
CARDS = {
    "minilm/adapters/read": ("read",),
    "minilm/adapters/fill": ("caller",),
    "minilm/adapters/choose": ("caller",),
    "home": ("home",),
    "home/adapters/recall": ("home:recall", "home"),
}
"""Folder of a model or an adapter → the systems whose results its card shows."""
CLOCK = ("first_token_p50", "throughput", "peak_memory")
"""What the table says of time and memory; the report has more."""
ALSO = ("best_span_f1", "irrelevance")
"""What it says beside what a comparison tests: figures that the text around it speaks of."""
HEAD = ("suite", "measure", "system", "value", "95 % interval", "n", "baselines")


def main(
    arguments: Sequence[str] | None = None,
    *,
    readme: Path = README,
    kept: Path = KEPT,
    weights: Path = WEIGHTS,
) -> int:
    """Runs the command and returns its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0] + ".")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if the README is stale")
    parser.add_argument("--add", metavar="RUN", help="a run folder, its id or a report file to keep")
    parser.add_argument("--as", dest="name", metavar="NAME", help="what to call it")
    given = parser.parse_args(arguments)
    try:
        if given.add:
            sys.stdout.write(f"kept as {add(given.add, given.name, kept)}\n")
        reports = [read_report(path) for path in files(kept)]
        pages = {readme: render(reports)}
        for folder, systems in CARDS.items():
            if (card := weights / folder / "README.md").is_file():
                pages[card] = render([of_systems(report, systems) for report in reports])
        stale = [
            (page, after)
            for page, made in pages.items()
            if (after := with_results(before := page.read_text(encoding="utf-8"), made)) != before
        ]
    except HomespunError as error:
        sys.stderr.write(f"results: {error}\n")
        return 2
    for page, after in stale:
        if given.check:
            sys.stderr.write(f"results: {page} is stale: run `python docs/results.py`.\n")
        else:
            atomic_write(page, after)
    return 1 if given.check and stale else 0


def of_systems(report: Report, systems: Sequence[str]) -> Report:
    """Returns the report with only the suites that measured one of these systems."""
    kept = [result for result in report.suites if plain(result.system.name) in systems]
    return report.model_copy(update={"suites": kept})


def files(kept: Path = KEPT) -> list[Path]:
    """Returns the reports that are kept, in the order of their names."""
    return sorted(kept.glob("*.json"))


def add(run: str, name: str | None, kept: Path = KEPT) -> Path:
    """Keeps the report of a run and returns where.

    Raises:
        UnknownName: if there is no such run.
    """
    from homespun.settings import load_settings

    report = compact(read_report(find_run(load_settings().folder.evals, run)))
    if name is None:
        systems = dict.fromkeys(plain(result.system.name) for result in report.suites)
        name = "-".join("".join(c if c.isalnum() else "-" for c in system) for system in systems)[:60]
    path = kept / f"{name}.json"
    kept.mkdir(parents=True, exist_ok=True)
    atomic_write(path, to_json(report))
    return path


def compact(report: Report) -> Report:
    """Returns the report without its samples and slices: figures, digests and fingerprints stay."""

    def small(system: SystemResult) -> SystemResult:
        return system.model_copy(update={"samples": [], "slices": {}})

    return report.model_copy(
        update={
            "suites": [
                result.model_copy(
                    update={
                        "system": small(result.system),
                        "baselines": [small(system) for system in result.baselines],
                    }
                )
                for result in report.suites
            ]
        }
    )


def render(reports: Sequence[Report]) -> str:
    """Returns the table of all reports, the verdicts on their judges, and what it means."""
    found = [(report, result) for report in reports for result in report.suites]
    suites = list(dict.fromkeys(result.suite for _, result in found))
    found.sort(key=lambda one: suites.index(one[1].suite))  # what one suite says of several stands together
    lines = [line for one in found for line in _lines(*one)]
    if not lines:
        return "No results are kept yet.\n"
    parts = [table(HEAD, lines, right=(3, 4, 5))]
    parts += dict.fromkeys(
        escape(result.judge.text)
        for report in reports
        for result in report.suites
        if result.judge is not None
    )
    said = [BETTER, COUNTED, "bold: what a comparison with a baseline tests"]
    machines = dict.fromkeys(_machine(report) for report in reports if report.timings is not None)
    said += [f"times and memory: {machine}" for machine in machines if machine]
    return "\n\n".join([*parts, f"<sub>{'; '.join(said)}.</sub>"]) + "\n"


def _lines(report: Report, result: SuiteResult) -> Iterator[tuple[str, ...]]:
    """Gives a suite's headline, what the gate tests, what the clock said, and failures if there are any."""
    made = rows(result, timings_of(report, result))
    data = "" if result.data == "built-in" else f" ({escape(result.data)})"
    for place, row in enumerate(row for row in made if _told(row, made)):
        beside = "; ".join(
            f"{escape(system.name)} {number(other.value, other.unit)}"
            for system, other in zip(result.baselines, row.others, strict=False)
            if other is not None and other.value is not None
        )
        value, interval = spread(row.estimate)
        yield (
            "" if place else f"{escape(words(result.suite))}{data}",
            f"{escape(row.name)} {row.arrow}".rstrip(),
            "" if place else escape(result.system.name),
            f"**{value}**" if row.estimate.primary and value != UNDEFINED else value,
            interval,
            row.n,
            beside,
        )


def _told(row: Row, made: Sequence[Row]) -> bool:
    timed = [other for other in made if other.timing]
    if row.estimate.measure == "failure_rate":
        return row.estimate.value != 0 or len(made) == 1
    if row.timing:
        named = [other for other in timed if other.estimate.measure in CLOCK]
        return row in (named or timed[:1])
    if row.estimate.measure in ALSO:
        return row.estimate.value is not None
    return row.estimate.primary or (row is made[0] and not timed)


def _machine(report: Report) -> str:
    machine = report.timings.machine if report.timings is not None else {}
    return ", ".join(f"{escape(name)} {escape(value)}" for name, value in facts(machine).items())


if __name__ == "__main__":
    sys.exit(main())
