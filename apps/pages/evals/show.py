"""What the Evals page shows of runs: HTML of progress, figures and comparisons.

Contract: everything that came from a model, a file or a user is escaped here. Nothing here knows Gradio.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.pages.evals.work import Part, Work
    from evals.compare import Difference
    from evals.result import Report, SuiteResult
    from evals.run_folder import RunInfo

PHASES = {
    "running": "Running",
    "stopping": "Stopping after the samples that are being answered",
    "stopped": "Stopped",
    "failed": "Not finished",
    "done": "Done",
}


def line(text: str, kind: str = "note") -> str:
    """Returns one line of the page's own; "" for no text."""
    return f'<p class="{kind}" role="status">{escape(text, quote=False)}</p>' if text else ""


def title(info: RunInfo) -> str:
    """Returns what a run is called in the list: suites and what was measured."""
    return f"{_suites(info.suites)} · {systems(info.systems)}"


def entry(info: RunInfo, report: Report) -> str:
    """Returns a run's lines in the list: suites; what was measured and the first figure; when, and how much.

    Of several systems the figure is the first one's, and that one is named.
    """
    from evals.report.figures import plain, spread, words
    from evals.report.rows import headline

    found = headline(report, report.suites[0]) if report.suites else None
    told = systems(info.systems)
    if found is not None:
        first = report.suites[0]
        value, interval = spread(found)
        of = f" of {systems([plain(first.system.name)])}" if len(info.systems) > 1 else ""
        suite = f" on {words(first.suite)}" if len(info.suites) > 1 else ""
        told += f" · {words(found.measure)}{of}{suite} {value}{f' ({interval})' if interval else ''}"
    return "\n".join([_suites(info.suites), told, f"{moment(info.started)} · {size(info)}"])


def size(info: RunInfo) -> str:
    """Returns how many samples a run has."""
    return f"{info.samples:,} sample{'' if info.samples == 1 else 's'}"


def choice(info: RunInfo) -> str:
    """Returns a run in one line that no other run has."""
    return f"{title(info)} · {size(info)} · {moment(info.started)} · {info.id[-8:]}"


def _suites(names: Sequence[str]) -> str:
    more = f" +{len(names) - 2}" if len(names) > 2 else ""
    return ", ".join(name.replace("_", " ") for name in names[:2]) + more


def systems(names: Sequence[str]) -> str:
    """Returns what was measured, short: a file's name without its folder, the first of several."""
    short = [name.rsplit("/", 1)[-1] if name.count("/") > 1 else name for name in names]
    return short[0] if len(short) == 1 else f"{len(short)} systems" if short else "nothing"


def moment(iso: str) -> str:
    """Returns a moment in this machine's time: ``2026-11-21 07:12``."""
    from datetime import datetime

    try:
        return f"{datetime.fromisoformat(iso).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return ""


# A run that is going on ----------------------------------------------------------------------------------


def work(now: Work | None) -> str:
    """Returns how the running evaluation stands, or how the last one ended."""
    if now is None:
        return ""
    suites = "all suites" if now.request.suites == ("all",) else ", ".join(now.request.suites)
    of = f" on {now.request.model}" if now.request.model else ""
    head = f"<h2>{escape(PHASES[now.phase])}</h2><p class='soft'>{escape(suites.replace('_', ' ') + of)}"
    head += f" · {_clock(now.seconds)}</p>"
    parts = [_part(part) for _, part in sorted(now.parts.items())]
    if not now.over:
        parts += _waiting(now)
    table = f"<ul class='parts'>{''.join(parts)}</ul>" if parts else ""
    told = now.note
    if now.phase == "stopped":
        told = f"{now.answered:,} answer{'' if now.answered == 1 else 's'} so far. {told}"
    return head + table + line(told, "bad" if now.phase == "failed" or now.phase == "done" else "note")


def _part(part: Part) -> str:
    step = part.step
    share = 100 * step.done / step.total if step.total else 100
    failed = f", <b class='bad'>{step.failures:,} failed</b>" if step.failures else ""
    left = f", {_clock(part.left)} left" if part.left is not None else ""
    name = escape(f"{step.suite.replace('_', ' ')} · {systems([step.system])}")
    return (
        f"<li><span>{name}</span><span class='soft'>{step.done:,} of {step.total:,}{failed}{left}</span>"
        f"<progress max='100' value='{share:.1f}' aria-label='{name}'></progress></li>"
    )


def _waiting(now: Work) -> Iterable[str]:
    """Suites that are still to come, as far as one knows."""
    if now.request.suites == ("all",):
        rest = now.count - len(now.parts)
        names = [f"{rest} more"] if rest > 0 else [] if now.parts else ["loading the model"]
    else:
        seen = {part.step.suite for part in now.parts.values()}
        names = [name.replace("_", " ") for name in now.request.suites if name not in seen]
    return [f"<li class='soft'><span>{escape(name)}</span><span>waiting</span></li>" for name in names]


def _clock(seconds: float) -> str:
    from finetune.progress import duration

    return duration(seconds)


# A run that is kept --------------------------------------------------------------------------------------


def heading(info: RunInfo, report: Report) -> str:
    """Returns a run's name, when it was, and each suite's headline figure."""
    from evals.report.figures import count, duration, spread, words
    from evals.report.rows import headline, title_of

    cards = []
    for result in report.suites:
        first = headline(report, result)
        if first is None:
            continue
        value, interval = spread(first)
        failed = f" · <b class='bad'>{result.system.failures} failed</b>" if result.system.failures else ""
        between = f"95 %: {escape(interval)} · " if interval else ""
        cards.append(
            f"<li><span class='name'>{escape(title_of(report, result))}</span>"
            f"<strong>{escape(value)}</strong> <span>{escape(words(first.measure))}</span>"
            f"<span class='soft'>{between}n {escape(count(first.n, first.groups))}{failed}</span></li>"
        )
    took = f" · took {duration(report.timings.wall_s)}" if report.timings is not None else ""
    about = f"{moment(info.started)}{took} · {info.samples:,} samples · {info.id}"
    return (
        f"<h2>{escape(title(info))}</h2><p class='soft'>{escape(about)}</p>"
        f"<ul class='cards'>{''.join(cards)}</ul>"
    )


def summary(report: Report) -> str:
    """Returns a table for each suite of a report, with its baselines."""
    parts = [_suite(report, result) for result in report.suites]
    if report.skipped:
        from evals.report.figures import plain, words

        left = "".join(
            f"<li><b>{escape(words(name))}</b>: {escape(plain(why))}</li>"
            for name, why in report.skipped.items()
        )
        parts.append(f"<section><h3>Not run</h3><ul>{left}</ul></section>")
    return "".join(parts)


def _suite(report: Report, result: SuiteResult) -> str:
    from evals.report.figures import plain
    from evals.report.rows import notes, rows, timings_of, title_of, what

    beside = [system.name for system in result.baselines]
    lines = []
    made = rows(result, timings_of(report, result))
    for row in made:
        others = row.baselines or [""] * len(beside)
        about = plain(row.estimate.about)
        lines.append([f"{row.name} {row.arrow}".strip(), row.value, row.interval, row.n, *others, about])
    judge = line(result.judge.text) if result.judge is not None else ""
    return (
        f"<section><h3>{escape(title_of(report, result))}</h3><p>{escape(plain(result.about))}</p>"
        f"<p class='soft'>{escape(what(result))}</p>"
        + _table(["measure", "value", "95 % interval", "n", *map(plain, beside), "what it says"], lines)
        + "".join(line(one) for one in notes(made))
        + judge
        + "</section>"
    )


# Two runs ------------------------------------------------------------------------------------------------


def difference(found: Difference) -> str:
    """Returns a comparison: the verdict in words, then every measure."""
    from evals.report.changes import HEAD, cells, changed, legend, notes, sentences, verdict

    made = changed(found)
    tone = "bad" if found.regressions else "good" if found.improvements else "note"
    told = "".join(f"<li>{escape(one)}</li>" for one in sentences(found))
    left = "".join(f"<li>{escape(one)}</li>" for one in notes(made, found))
    return (
        line(verdict(found), tone)
        + (f"<ul>{told}</ul>" if told else "")
        + _table(HEAD, map(cells, made))
        + f"<p class='soft'>{'<br>'.join(map(escape, legend(made)))}</p>"
        + (f"<ul class='soft'>{left}</ul>" if left else "")
    )


def _table(names: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Returns a table without the columns that are empty throughout, as the other reports have it."""
    made = list(lines)
    shown = [i for i in range(len(names)) if i == 0 or any(one[i] for one in made)]
    names, lines = [names[i] for i in shown], [[one[i] for i in shown] for one in made]
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in names)
    body = "".join(
        f"<tr><th scope='row'>{escape(first)}</th>{''.join(f'<td>{escape(one)}</td>' for one in rest)}</tr>"
        for first, *rest in lines
    )
    return (
        f"<div class='scroll' tabindex='0' role='region' aria-label='Table'>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
