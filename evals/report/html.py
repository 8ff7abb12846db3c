"""A report as one HTML file: tables, plots and a browser of samples, readable without a network.

Contract: the file fetches nothing and runs no script but its own, which a content security policy holds even
where something slipped through escaping. Texts of models and data are data in it, never markup.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.report import changes
from evals.report.figures import duration, facts, plain, words
from evals.report.payload import embed, payload
from evals.report.plots import SIGNS
from evals.report.sections import movements, sections, summary
from evals.result import Record, Report

if TYPE_CHECKING:
    from evals.compare import Difference

TEMPLATES = Path(__file__).with_name("templates")
SCRIPTS = ("theme.js", "samples.js")


def render(report: Report, records: Sequence[Record], difference: Difference | None = None) -> str:
    """Returns the page.

    Args:
        report: what was found.
        records: everything about each sample; none leaves the browser of samples out.
        difference: the comparison with a baseline.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(plain=plain, words=words)
    environment.globals.update(duration=duration, signs=SIGNS, svg=Markup)
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    script = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in SCRIPTS)
    # The template's own parts and what `plots` and `embed` made are markup; all else is escaped.
    return environment.get_template("report.html").render(
        policy=_policy(style, script),
        style=Markup(style),
        script=Markup(script),
        data=Markup(embed(payload(report, records, difference))) if records else "",
        report=report,
        title=_title(report),
        facts=_facts(report),
        versions=facts(report.versions),
        summary=[Markup(plot) for plot in summary(report)],
        sections=sections(report),
        marked=any(result.baselines for result in report.suites),
        samples=len(records),
        compared=None if difference is None else _compared(difference),
    )


def _compared(difference: Difference) -> Mapping[str, Any]:
    """Returns what the page says of a comparison."""
    from markupsafe import Markup

    made = changes.changed(difference)
    return {
        "verdict": changes.verdict(difference),
        "tone": "bad" if difference.regressions else "good" if difference.improvements else "",
        "sentences": changes.sentences(difference),
        "plots": [Markup(plot) for plot in movements(made)],
        "rows": made,
        "legend": changes.legend(made),
        "notes": changes.notes(made, difference),
    }


def _title(report: Report) -> str:
    systems = ", ".join(dict.fromkeys(plain(result.system.name) for result in report.suites))
    return systems or "nothing ran"


def _facts(report: Report) -> Mapping[str, str]:
    """Returns what was run, in words."""
    seeds = sorted({result.seed for result in report.suites})
    limits = {result.limit for result in report.suites}
    told: dict[str, Any] = {"seed": ", ".join(map(str, seeds))}
    if limits - {None}:
        told["limit"] = "by suite" if len(limits) > 1 else next(iter(limits))
    if len({result.system.name for result in report.suites}) == 1:
        for result in report.suites:
            told.update(result.system.about)
    if report.timings is not None:
        started = report.timings.started.replace("T", " ").replace("+00:00", " UTC")
        told |= {"started": started, "took": duration(report.timings.wall_s), **report.timings.machine}
    return facts(told)


def _policy(style: str, script: str) -> str:
    def sign(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return (
        f"default-src 'none'; style-src {sign(style)}; script-src {sign(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
