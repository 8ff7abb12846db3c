"""A report as text for a terminal: plain characters, no colour, as wide as the window.

Contract: lines fit the width; where a table wouldn't, its baselines move into a table of their own, and then
names are cut. Every suite whose figures rest on a judge carries the judge's verdict.
"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from evals.report import changes
from evals.report.figures import columns_of, duration, plain, shorten, words
from evals.report.rows import BETTER, COUNTED, DETECTS, Row, clock, notes, rows, timings_of, title_of, what
from evals.result import Report, SuiteResult

if TYPE_CHECKING:
    from evals.compare import Difference

NARROWEST, WIDEST = 60, 140
HEAD = ("measure", "value", "95 % interval", "n", "detects")
LEFT = (0,)


def render(report: Report, *, width: int | None = None, difference: Difference | None = None) -> str:
    """Returns the report as lines of text.

    Args:
        report: what was found; its timings are shown where it has them.
        width: columns to fit; None takes the terminal's.
        difference: the comparison with a baseline, shown after the suites.
    """
    if width is None:
        width = shutil.get_terminal_size((100, 24)).columns
    width = min(max(width, NARROWEST), WIDEST)
    parts = [_suite(report, result, width) for result in report.suites]
    if report.skipped:
        parts.append(_skipped(report, width))
    if difference is not None:
        parts.append(_difference(difference, width))
    parts.append(_foot(report, width))
    return "\n\n".join(part for part in parts if part) + "\n"


def _suite(report: Report, result: SuiteResult, width: int) -> str:
    timings = timings_of(report, result)
    made = rows(result, timings)
    lines = [_rule(title_of(report, result), width), *_wrap(what(result), width)]
    lines += [*_wrap(plain(result.about), width), ""]
    lines += _table(made, [plain(system.name) for system in result.baselines], width)
    said = notes(made)
    if result.system.failures:
        said.append(_failures(result))
    if timings is not None:
        said.append(clock(timings))
    if said or result.judge is not None:
        lines.append("")
    for note in said:
        lines += _wrap(note, width)
    if result.judge is not None:
        lines += _wrap("Judge: " + plain(result.judge.text), width)
    return "\n".join(lines)


def _failures(result: SuiteResult) -> str:
    failed = [sample for sample in result.system.samples if sample.error]
    whole = f"{result.system.failures:,} of {max(len(result.system.samples), 1):,} samples failed"
    return f"{whole}; the first, {plain(failed[0].id)}: {plain(failed[0].error)}" if failed else whole


def _table(made: Sequence[Row], baselines: Sequence[str], width: int) -> list[str]:
    def cells(row: Row) -> tuple[str, ...]:
        return (f"{row.name} {row.arrow}".rstrip(), row.value, row.interval, row.n, row.detects)

    own = [HEAD, *map(cells, made)]
    if not baselines:
        return lay_out(own, width)
    compared = [row for row in made if any(one is not None for one in row.others)]
    beside = [tuple(baselines), *(row.baselines or ("",) * len(baselines) for row in made)]
    whole = [(*left, *right) for left, right in zip(own, beside, strict=True)]
    if _width(whole) <= width:
        return lay_out(whole, width)
    under = [("baselines", *baselines), *((row.name, *row.baselines) for row in compared)]
    return [*lay_out(own, width), "", *lay_out(under, width)]


def lay_out(table: Sequence[Sequence[str]], width: int) -> list[str]:
    """Returns a table's lines: the first column left, the others right; empty columns left out.

    Where it's too wide the widest columns are cut.
    """
    shown = [i for i in range(len(table[0])) if any(row[i] for row in table[1:])] or [0]
    kept = [[row[i] for i in shown] for row in table]
    widths = [max(columns_of(row[i]) for row in kept) for i in range(len(shown))]
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > 4:
        widths[widths.index(max(widths))] -= 1
    return [
        "  ".join(
            _pad(cell, size, left=i in LEFT) for i, (cell, size) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in kept
    ]


def _width(table: Sequence[Sequence[str]]) -> int:
    widths = [max(columns_of(row[i]) for row in table) for i in range(len(table[0]))]
    return sum(widths) + 2 * (len(widths) - 1)


def _pad(text: str, size: int, *, left: bool) -> str:
    text = shorten(text, size)
    blank = " " * (size - columns_of(text))
    return text + blank if left else blank + text


def _difference(difference: Difference, width: int) -> str:
    made = changes.changed(difference)
    lines = [_rule("against the baseline", width), *_wrap(changes.verdict(difference), width)]
    for sentence in changes.sentences(difference):
        lines += _wrap(sentence, width)
    if made:
        table = _changes(made, width)
        lines += ["", *lay_out(table, width)]
        for note in changes.legend(made, shown=table[0]):
            lines += _wrap(note, width)
    said = changes.notes(made, difference)
    if said:
        lines.append("")
    for note in said:
        lines += _wrap(note, width)
    return "\n".join(lines)


def _changes(made: Sequence[changes.Change], width: int) -> list[tuple[str, ...]]:
    """Returns the table; on a narrow terminal without what the sentences above it say."""
    table = [changes.HEAD, *map(changes.cells, made)]
    for left_out in ((), (6,), (4, 6), (4, 6, 7), (4, 5, 6, 7)):
        kept = [tuple(cell for i, cell in enumerate(row) if i not in left_out) for row in table]
        if _width(kept) <= width:
            break
    return kept


def _skipped(report: Report, width: int) -> str:
    lines = [_rule("not run", width)]
    for name, why in report.skipped.items():
        lines += _wrap(f"{words(name)}: {plain(why)}", width)
    return "\n".join(lines)


def _foot(report: Report, width: int) -> str:
    estimates = [estimate for result in report.suites for estimate in result.system.estimates]
    said = []
    if any(estimate.better != "neither" for estimate in estimates):
        said.append(BETTER)
    if any(estimate.groups not in (estimate.n, 0) for estimate in estimates):
        said.append(COUNTED)
    if any(estimate.mde is not None for estimate in estimates):
        said.append(DETECTS)
    if report.timings is not None:
        said.append(f"all of it took {duration(report.timings.wall_s)}")
    return "\n".join(line for note in said for line in _wrap(note, width))


def _rule(title: str, width: int) -> str:
    title = shorten(title, width - 8)
    return f"── {title} " + "─" * (width - columns_of(title) - 4)


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False) or [""]
