"""What a report's tables say, before anybody lays them out: one row a measure.

Contract: the same rows in the terminal, in Markdown and in HTML. Text that came from outside is made one
plain line; whoever writes it into markup escapes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.report.figures import ARROWS, UNDEFINED, change, count, plain, spread, words
from evals.result import Estimate, Report, SuiteResult, SuiteTimings, SystemResult

DETECTS = (
    "detects: the smallest true difference that a comparison of two runs of this size finds in 80 % of cases"
)
COUNTED = "n: samples counted / independent groups, where several samples share a group"
BETTER = "↑ more is better, ↓ less is better"


@dataclass(frozen=True)
class Row:
    """One measure of a suite.

    Attributes:
        name: in words.
        arrow: which direction is good, or "".
        value: with its unit, or "–".
        interval: 95 %, in the value's unit; "–" where there is none.
        n: samples, and groups where those are fewer.
        detects: the minimum detectable effect, or "".
        baselines: the value of each baseline.
        note: why there is no value.
        caveat: what else must be known of the value.
        timing: whether it was measured by the clock.
        estimate: what it was made from.
        others: the baselines' estimates; None for one that lacks the measure.
    """

    name: str
    arrow: str
    value: str
    interval: str
    n: str
    detects: str
    baselines: tuple[str, ...]
    note: str
    caveat: str
    timing: bool
    estimate: Estimate
    others: tuple[Estimate | None, ...]


def rows(result: SuiteResult, timings: SuiteTimings | None = None) -> list[Row]:
    """Returns a suite's rows: its measures, the failure rate, then what the clock said."""
    timed = timings.estimates if timings is not None else []
    made = [_row(estimate, result.baselines, timing=False) for estimate in result.system.estimates]
    return made + [_row(estimate, (), timing=True) for estimate in timed]


def timings_of(report: Report, result: SuiteResult) -> SuiteTimings | None:
    """Returns what the clock said of one suite, or None where it isn't kept."""
    if report.timings is None:
        return None
    same = (result.suite, result.system.name)
    return next((one for one in report.timings.suites if (one.suite, one.system) == same), None)


def headline(report: Report, result: SuiteResult) -> Estimate | None:
    """Returns the suite's first measure; the clock's, where nothing else of it is tested."""
    measures = [one for one in result.system.estimates if one.measure != "failure_rate"]
    timings = timings_of(report, result)
    if timings is not None and timings.estimates and not any(one.primary for one in measures):
        return timings.estimates[0]
    return next(iter(measures), None)


def title_of(report: Report, result: SuiteResult) -> str:
    """Returns the suite's name in words, with the system's where the report has several on that suite."""
    several = sum(one.suite == result.suite for one in report.suites) > 1
    return words(result.suite) + (f": {plain(result.system.name)}" if several else "")


def what(result: SuiteResult) -> str:
    """Returns one line about what was asked of whom."""
    asked = len(result.system.samples) or max((one.n for one in result.system.estimates), default=0)
    taken = "" if result.limit is None else f" (at most {result.limit:,})"
    data = "built-in data" if result.data == "built-in" else plain(result.data)
    return (
        f"{plain(result.system.name)} on {data}: {asked:,} sample{'' if asked == 1 else 's'}{taken}, "
        f"seed {result.seed}"
    )


def clock(timings: SuiteTimings) -> str:
    """Returns how long a suite took and how much of it was new."""
    from evals.report.figures import duration

    kept = f", {timings.kept:,} kept from earlier" if timings.kept else ""
    return f"took {duration(timings.wall_s)}; {timings.asked:,} answered now{kept}"


def notes(made: Sequence[Row]) -> list[str]:
    """Returns a line for each measure that isn't defined, and one for each caveat of the others."""
    undefined = [f"{UNDEFINED} {row.name}: {row.note}" for row in made if row.note]
    caveats = dict.fromkeys(row.caveat for row in made if row.caveat)
    return undefined + [f"{_names(made, caveat)}: {caveat}" for caveat in caveats]


def _names(made: Sequence[Row], caveat: str) -> str:
    """Returns which figures a caveat is about, or which it isn't about where those are fewer."""
    known = [row for row in made if not row.note]
    about = [row.name for row in known if row.caveat == caveat]
    others = [row.name for row in known if row.caveat != caveat]
    if len(about) > len(others):
        return "all figures" + (f" but {', '.join(others)}" if others else "")
    return ", ".join(about)


def _row(estimate: Estimate, baselines: Sequence[SystemResult], *, timing: bool) -> Row:
    others = tuple(
        next((one for one in system.estimates if one.measure == estimate.measure), None)
        for system in baselines
    )
    value, interval = spread(estimate)
    known = estimate.value is not None
    return Row(
        name=words(estimate.measure),
        arrow=ARROWS[estimate.better],
        value=value,
        interval=interval or UNDEFINED,
        n=count(estimate.n, estimate.groups),
        detects=""
        if estimate.mde is None
        else change(
            estimate.mde, estimate.unit, sign=False, beside=max(abs(estimate.value or 0), estimate.mde)
        ),
        baselines=tuple(UNDEFINED if one is None else spread(one)[0] for one in others),
        note="" if known else plain(estimate.note) or "not defined",
        caveat=plain(estimate.note) if known else "",
        timing=timing,
        estimate=estimate,
        others=others,
    )
