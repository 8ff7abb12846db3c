"""What the page shows of each suite, ready for the template: rows, plots, words.

Contract: plots are safe markup; all else is plain text that the template escapes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evals.report import plots
from evals.report.changes import Change
from evals.report.figures import COUNT, number, plain, spread, words
from evals.report.rows import Row, clock, headline, rows, timings_of, title_of, what
from evals.result import Estimate, JudgeVerdict, Report, Scored, SuiteResult, SystemResult

CALIBRATED = (
    ("score", "label", "score: upwards what people call supported, downwards what not"),
    ("confidence", "best_right", "confidence: upwards what was right, downwards what not"),
)
"""Columns of a probability and of what was so, and what their histogram is called."""
MOST_HISTOGRAMS = 6
MOST_SLICES = 3
"""Measures that are broken down by tag, the headline first."""


@dataclass(frozen=True)
class Section:
    """One suite on the page.

    Attributes:
        anchor: the fragment that leads to it.
        title: its name in words.
        suite: its name.
        about: one line.
        what: who was asked what.
        rows: of the table, each with its plot or "".
        baselines: names.
        judge: the verdict on the judge behind the figures.
        slices: plots by tag.
        calibration: a reliability diagram, or "".
        histograms: distributions of scores: name and plot.
        failures: how many samples failed.
        clock: how long it took, or "".
    """

    anchor: str
    title: str
    suite: str
    about: str
    what: str
    rows: tuple[tuple[Row, str], ...]
    baselines: tuple[str, ...]
    judge: JudgeVerdict | None
    slices: tuple[tuple[str, str], ...] = ()
    calibration: str = ""
    histograms: tuple[tuple[str, str], ...] = ()
    failures: int = 0
    clock: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


def sections(report: Report) -> list[Section]:
    """Returns the suites of a report."""
    return [_section(report, result, place) for place, result in enumerate(report.suites)]


def summary(report: Report) -> list[str]:
    """Returns the plots of all headline measures: shares on one axis, others each on its own."""
    points: list[tuple[plots.Point, str]] = []
    for place, result in enumerate(report.suites):
        first = headline(report, result)
        if first is None:
            continue
        marks = [(system.name, _same(system, first.measure)) for system in result.baselines]
        link, note = f"suite-{place}", words(first.measure)
        points.append(
            (_point(first, marks, label=title_of(report, result), link=link, note=note), first.unit)
        )
    return _by_axis(points, "headline measures", middle=None)


def movements(made: Sequence[Change]) -> list[str]:
    """Returns the plots of all tested differences, with no difference in the middle."""
    points = []
    for one in made:
        row = one.row
        if not row.gated or row.difference is None:
            continue
        point = plots.Point(
            label=one.suite,
            value=row.difference,
            low=row.low,
            high=row.high,
            shown=f"{one.change} ({one.interval})" if one.interval else one.change,
            tone=one.tone,
            note=one.measure,
        )
        points.append((point, row.unit))
    return _by_axis(points, "differences from the baseline", middle=0.0)


def _by_axis(points: Sequence[tuple[plots.Point, str]], title: str, *, middle: float | None) -> list[str]:
    shares: list[tuple[plots.Point, str]] = []
    others: list[tuple[plots.Point, str]] = []
    for point, unit in points:
        fits = all(value is None or abs(value) <= 1 for value in _ends([point]))
        (shares if not unit and fits else others).append((point, unit))
    groups = [([point for point, _ in shares], "")] if shares else []
    groups += [([point], unit) for point, unit in others]
    return [
        plots.interval_plot(
            group,
            plots.axis_for(_ends(group), unit, zero=middle is not None),
            title=title,
            reference=middle,
        )
        for group, unit in groups
    ]


def _section(report: Report, result: SuiteResult, place: int) -> Section:
    timings = timings_of(report, result)
    made = rows(result, timings)
    return Section(
        anchor=f"suite-{place}",
        title=title_of(report, result),
        suite=result.suite,
        about=plain(result.about),
        what=what(result),
        rows=tuple((row, _inline(row, result.baselines)) for row in made),
        baselines=tuple(plain(system.name) for system in result.baselines),
        judge=result.judge,
        slices=tuple(_slices(result)),
        calibration=_calibration(result),
        histograms=tuple(_histograms(result)),
        failures=result.system.failures,
        clock=clock(timings) if timings is not None else "",
        facts={words(name): plain(value) for name, value in result.system.about.items()},
    )


def _inline(row: Row, baselines: Sequence[SystemResult]) -> str:
    marks = [(system.name, other) for system, other in zip(baselines, row.others, strict=False)]
    point = _point(row.estimate, marks, label=row.name)
    if row.estimate.unit or point.value is None:
        return ""
    axis = plots.axis_for(_ends([point]), row.estimate.unit)
    return plots.track(point, axis, grid=False) if axis is plots.SHARES else ""


def _slices(result: SuiteResult) -> list[tuple[str, str]]:
    names = [one.measure for one in result.system.estimates if one.value is not None]
    names = [name for name in names if name != "failure_rate"][:MOST_SLICES]
    found = []
    for tag, values in result.system.slices.items():
        for name in names:
            whole = next(one for one in result.system.estimates if one.measure == name)
            points = [
                _point(one, (), label=plain(value) or "(none)", note=f"n = {one.n:,}")
                for value, estimates in values.items()
                for one in estimates
                if one.measure == name
            ]
            if not any(point.value is not None for point in points):
                continue
            title = f"{words(name)} by {words(tag)}"
            axis = plots.axis_for([*_ends(points), whole.value], whole.unit)
            found.append((title, plots.interval_plot(points, axis, title=title, reference=whole.value)))
    return found


def _calibration(result: SuiteResult) -> str:
    pairs, _ = _judged(result.system.samples)
    if not pairs:
        return ""
    scores, labels = [score for score, _ in pairs], [label for _, label in pairs]
    return plots.reliability_plot(scores, labels, title=f"Reliability of {plain(result.system.name)}")


def _histograms(result: SuiteResult) -> list[tuple[str, str]]:
    samples = result.system.samples
    pairs, title = _judged(samples)
    found: list[tuple[str, str]] = []
    if pairs:
        yes = [score for score, label in pairs if label > 0.5]
        no = [score for score, label in pairs if label <= 0.5]
        return [(title, plots.histogram(yes, other=no, title=title))]
    columns = dict.fromkeys(name for sample in samples for name in sample.scores)
    for name in columns:
        if name.startswith("usage."):
            continue
        values = [value for sample in samples if (value := sample.scores.get(name)) is not None]
        if len(set(values)) > 2 and len(found) < MOST_HISTOGRAMS:
            unit = "" if min(values) >= 0 and max(values) <= 1 else COUNT
            found.append(
                (words(name), plots.histogram(values, title=f"how often which {words(name)}", unit=unit))
            )
    return found


def _judged(samples: Sequence[Scored]) -> tuple[list[tuple[float, float]], str]:
    """Returns probability and truth of the samples that have both, and what their histogram is called."""
    for score_name, label_name, title in CALIBRATED:
        found = [
            (score, label)
            for sample in samples
            if (score := sample.scores.get(score_name)) is not None
            and (label := sample.scores.get(label_name)) is not None
        ]
        fit = all(0 <= score <= 1 and label in (0, 1) for score, label in found)
        if fit and len({label for _, label in found}) == 2:
            return found, title
    return [], ""


def _point(
    estimate: Estimate,
    marks: Sequence[tuple[str, Estimate | None]],
    *,
    label: str,
    link: str = "",
    note: str = "",
) -> plots.Point:
    value, interval = spread(estimate)
    low, high = estimate.low, estimate.high
    if not estimate.unit and estimate.value is not None and 0 <= estimate.value <= 1:
        # What isn't possible isn't drawn; the figures beside it say what was computed.
        low, high = None if low is None else max(0.0, low), None if high is None else min(1.0, high)
    return plots.Point(
        label=label,
        value=estimate.value,
        low=low,
        high=high,
        shown=f"{value} ({interval})" if interval else value,
        marks=tuple(
            (plain(name), one.value, number(one.value, one.unit))
            for name, one in marks
            if one is not None and one.value is not None
        ),
        link=link,
        note=note,
    )


def _ends(points: Sequence[plots.Point]) -> list[float | None]:
    values: list[float | None] = []
    for point in points:
        values += [point.value, point.low, point.high, *(value for _, value, _ in point.marks)]
    return values


def _same(system: SystemResult, measure: str) -> Estimate | None:
    return next((one for one in system.estimates if one.measure == measure), None)
