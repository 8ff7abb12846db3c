"""A report as Markdown: for a README, a pull request, a note.

Contract: GitHub's tables; what came from outside is escaped, so that no name breaks a table, makes a link or
becomes HTML. The same rows as in the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from evals.report import changes
from evals.report.figures import duration, facts, plain, words
from evals.report.rows import BETTER, COUNTED, DETECTS, Row, clock, notes, rows, timings_of, title_of, what
from evals.result import Report, SuiteResult

if TYPE_CHECKING:
    from evals.compare import Difference

_MARKS = re.compile(r"([\\`*_\[\]|~#@!$])")


def render(report: Report, difference: Difference | None = None) -> str:
    """Returns the report as Markdown.

    Args:
        report: what was found.
        difference: the comparison with a baseline, shown first.
    """
    parts = ["# Evaluation\n"]
    if difference is not None:
        parts.append(_difference(difference))
    parts += [_suite(report, result) for result in report.suites]
    if report.skipped:
        lines = [f"- **{escape(words(name))}**: {escape(why)}" for name, why in report.skipped.items()]
        parts.append("## Not run\n\n" + "\n".join(lines) + "\n")
    parts.append(_foot(report))
    return "\n".join(parts)


def escape(text: object) -> str:
    """Returns text that Markdown shows as it is, on one line."""
    marked = _MARKS.sub(r"\\\1", plain(text))
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def table(head: Sequence[str], lines: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Returns a table whose cells are Markdown already; columns that are empty throughout are left out.

    Args:
        head: the columns' names.
        lines: the cells.
        right: columns that are aligned to the right.
    """
    shown = [i for i in range(len(head)) if i == 0 or any(line[i] for line in lines)]
    ruler = ["---:" if i in right else "---" for i in range(len(head))]
    return "\n".join("| " + " | ".join(line[i] for i in shown) + " |" for line in (list(head), ruler, *lines))


def _suite(report: Report, result: SuiteResult) -> str:
    timings = timings_of(report, result)
    made = rows(result, timings)
    names = [escape(system.name) for system in result.baselines]
    head = ["measure", "value", "95 % interval", "n", "detects", *names]
    lines = [_line(row, len(names)) for row in made]
    said = [escape(note) for note in notes(made)]
    if result.system.failures:
        samples = max(len(result.system.samples), 1)
        said.append(f"**{result.system.failures:,} of {samples:,} samples failed.**")
    if result.judge is not None:
        said.append(f"**Judge.** {escape(result.judge.text)}")
    about = f"{escape(result.about)}  \n{escape(what(result))}"
    if timings is not None:
        about += f"; {escape(clock(timings))}"
    parts = [
        f"## {escape(title_of(report, result))}",
        about,
        table(head, lines, right=range(1, len(head))),
        *said,
    ]
    return "\n\n".join(parts) + "\n"


def _line(row: Row, baselines: int) -> list[str]:
    value = f"**{row.value}**" if row.estimate.primary else row.value
    name = f"{escape(row.name)} {row.arrow}".rstrip()
    beside = row.baselines or ("",) * baselines
    return [name, value, row.interval, row.n, row.detects, *beside]


def _difference(difference: Difference) -> str:
    made = changes.changed(difference)
    lines = []
    for one in made:
        name, *figures, finding = map(escape, changes.cells(one))
        lines.append([name, *figures, f"**{finding}**" if one.tone in ("good", "bad") else finding])
    parts = ["## Against the baseline", f"**{changes.verdict(difference)}**"]
    fallen = [f"- {escape(sentence)}" for sentence in changes.sentences(difference)]
    if fallen:
        parts.append("\n".join(fallen))
    if made:
        told = escape("; ".join(changes.legend(made)))
        parts += [table(changes.HEAD, lines, right=range(1, 8)), f"<sub>{told}.</sub>"]
    parts += [escape(note) for note in changes.notes(made, difference)]
    return "\n\n".join(parts) + "\n"


def _foot(report: Report) -> str:
    said = [BETTER, COUNTED, DETECTS, "bold: what a comparison with a baseline tests"]
    told = dict(report.versions)
    if report.timings is not None:
        told |= {"took": duration(report.timings.wall_s), **report.timings.machine}
    lines = [f"<sub>{'; '.join(said)}.</sub>"]
    if told:
        listed = ", ".join(f"{escape(name)} {escape(value)}" for name, value in facts(told).items())
        lines.append(f"<sub>{listed}.</sub>")
    return "\n\n".join(lines) + "\n"
