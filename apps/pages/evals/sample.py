"""One sample on the Evals page: what was asked, what is right, what was answered and how it scored.

Contract: everything is escaped; a long text is cut, with its length. Sentences that the passages don't
support are marked, where the suite's judge said so. Nothing here knows Gradio.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.messages import AnyMessage

    from apps.pages.evals.thread import Thread
    from evals.compare import Difference
    from evals.report.payload import Marks
    from evals.result import Record, Report

LONGEST = 6000
SHOWS = {
    "failed or wrong": "failed",
    "wrong": "wrong",
    "failed": "errors",
    "right": "right",
    "all": "all",
}
"""What the list can be narrowed to: in words → the name."""
MOVED = {"worse than the other run": "lost", "better than the other run": "won"}
SIGNS = {"error": "!", "wrong": "×", "right": "✓", "": "·"}


def verdict(record: Record, marks: Mapping[str, Marks]) -> str:
    """Returns error, wrong, right, or "" where no tested figure says."""
    from evals.report.payload import wrong

    if record.error is not None:
        return "error"
    said = wrong(record, marks.get(record.suite, {}))
    return "" if said is None else "wrong" if said else "right"


def marks_of(report: Report) -> dict[str, Marks]:
    """Returns for each suite which scores say whether a sample went well."""
    from evals.report import payload

    return {result.suite: payload.marks_of(report, result.suite) for result in report.suites}


def moved(difference: Difference, way: str) -> set[tuple[str, str]]:
    """Returns suite and id of the samples that went worse ("lost") or better ("won") in a tested figure."""
    return {
        (row.suite, name)
        for row in difference.rows
        if row.gated
        for name in (row.losses if way == "lost" else row.wins)
    }


def choose(
    records: Sequence[Record],
    marks: Mapping[str, Marks],
    show: str,
    suite: str | None,
    among: set[tuple[str, str]] | None = None,
) -> list[tuple[str, str]]:
    """Returns the samples to list: their line and their place in `records`. Baselines are left out."""
    wanted = {"failed": ("error", "wrong"), "wrong": ("wrong",), "errors": ("error",), "right": ("right",)}
    found = []
    for place, record in enumerate(records):
        if record.baseline or (suite and record.suite != suite):
            continue
        said = verdict(record, marks)
        if show in wanted and said not in wanted[show]:
            continue
        if among is not None and (record.suite, record.sample.id) not in among:
            continue
        text = _one_line(record.error or _asked(record.sample.input))
        found.append((f"{SIGNS[said]} {record.sample.id}  {text}"[:110], str(place)))
    return found


def detail(record: Record, marks: Mapping[str, Marks]) -> str:
    """Returns everything about one sample."""
    sample, output = record.sample, record.output
    said = verdict(record, marks)
    about = [record.suite.replace("_", " "), record.system, said]
    about += [f"{name}: {value}" for name, value in sample.tags.items()]
    parts = [
        f"<h3>{escape(sample.id)}</h3><p class='soft'>{escape(' · '.join(one for one in about if one))}</p>"
    ]
    if record.error is not None:
        parts.append(_section("error", f"<p class='bad'>{escape(record.error)}</p>"))
    passages = list(output.passages) if output is not None else []
    parts.append(_section("input", value(_without(sample.input, passages))))
    if sample.target is not None:
        parts.append(_section("target", value(sample.target)))
    if output is not None:
        support = output.trace.get("support") if isinstance(output.trace, dict) else None
        text = _text_of(output.answer)
        told = (
            marked(text, support) if isinstance(support, list) and text is not None else value(output.answer)
        )
        beside = "".join(
            f"<div class='passage'><span class='soft'>passage {n}</span>{_block(text)}</div>"
            for n, text in enumerate(passages, 1)
        )
        pair = _section("answer", told) + (_section("passages", beside) if beside else "")
        parts.append(f"<div class='pair'>{pair}</div>" if beside else pair)
    scores = {name: one for name, one in record.scores.items() if not name.startswith("usage.")}
    if scores:
        parts.append(_section("scores", _figures(scores)))
    if output is not None and (left := _rest(output.trace)):
        parts.append(_section("trace", value(left)))
    return "".join(parts)


def marked(text: str, support: Iterable[Any]) -> str:
    """Returns an answer, each sentence marked by whether the passages support it."""
    parts, at, counted, found = [], 0, 0, 0
    for one in sorted((s for s in support if isinstance(s, dict)), key=lambda s: s.get("start", 0)):
        start, end, said = one.get("start"), one.get("end"), str(one.get("verdict", ""))
        if not isinstance(start, int) or not isinstance(end, int) or not at <= start < end:
            continue
        counted += 1
        found += said == "unsupported"
        kind = said if said in ("supported", "unsupported") else "other"
        passage = f", passage {one['passage'] + 1}" if isinstance(one.get("passage"), int) else ""
        parts.append(escape(text[at:start]))
        parts.append(
            f"<mark class='{kind}' title='{escape(said + passage)}'>{escape(text[start:end])}</mark>"
        )
        at = end
    parts.append(escape(text[at:]))
    told = f"<p class='soft'>{found} of {counted} sentences unsupported.</p>" if counted else ""
    return f"<p class='text' dir='auto'>{''.join(parts)}</p>{told}"


def value(given: Any) -> str:
    """Returns a plain value as people read it: texts and talks as such, the rest as JSON."""
    if given is None or given == "":
        return "<p class='soft'>(empty)</p>" if given == "" else "<p class='soft'>–</p>"
    if isinstance(given, str):
        return _block(given)
    if isinstance(given, (bool, int, float)):
        return _block(str(given))
    if (turns := _turns(given)) is not None:
        return _talk(turns)
    if isinstance(given, list) and len(given) == 1:
        return value(given[0])
    if isinstance(given, list) and given and all(isinstance(one, str) for one in given):
        return "".join(_block(one) for one in given)
    if isinstance(given, dict) and 0 < len(given) <= 8:
        if len(given) == 1:
            return value(next(iter(given.values())))
        rows = "".join(
            f"<dt>{escape(str(name).replace('_', ' '))}</dt><dd>{value(one)}</dd>"
            for name, one in given.items()
        )
        return f"<dl class='fields'>{rows}</dl>"
    return _data(given)


def thread(found: Thread) -> str:
    """Returns a thread's messages and the states that are kept."""
    states = "".join(
        f"<details><summary>step {'–' if one.step is None else one.step} · {escape(one.source)} · "
        f"{escape(one.made[:19].replace('T', ' '))} <span class='soft'>{escape(one.id)}</span></summary>"
        f"{_data(one.values)}</details>"
        for one in found.checkpoints
    )
    command = f"HOMESPUN_DATABASE='{found.file}' homespun threads show '{found.name}'"
    count = len(found.checkpoints)
    return (
        f"<h3>Thread</h3><p class='soft'>{escape(found.name)}</p>{_talk([_said(m) for m in found.messages])}"
        f"<h4>state, {count} checkpoint{'' if count == 1 else 's'}</h4>{states}"
        f"<h4>in the terminal</h4>{_block(command, 'text data')}"
    )


def _said(message: AnyMessage) -> tuple[str, str]:
    role = {"human": "user", "ai": "assistant"}.get(message.type, message.type)
    calls = getattr(message, "tool_calls", None)
    return role, str(message.text) + (
        f"\n{json.dumps(calls, ensure_ascii=False, default=str)}" if calls else ""
    )


def _turns(given: Any) -> list[tuple[str, str]] | None:
    if not isinstance(given, list) or not given or not all(isinstance(one, dict) for one in given):
        return None
    if all(isinstance(one.get("role"), str) and isinstance(one.get("content"), str) for one in given):
        return [(one["role"], one["content"]) for one in given]
    if all(isinstance(one.get("user"), str) and isinstance(one.get("reply"), str) for one in given):
        return [turn for one in given for turn in (("user", one["user"]), ("assistant", one["reply"]))]
    return None


def _talk(turns: Iterable[tuple[str, str]]) -> str:
    items = "".join(
        f"<li class='{'user' if role == 'user' else 'other'}'>"
        f"<span class='soft'>{escape(role)}</span>{_block(text)}</li>"
        for role, text in turns
    )
    return f"<ol class='said'>{items}</ol>"


def _figures(values: Mapping[str, float | None]) -> str:
    rows = "".join(
        f"<div><dt>{escape(name.replace('_', ' '))}</dt><dd>{'–' if one is None else f'{one:.4g}'}</dd></div>"
        for name, one in values.items()
    )
    return f"<dl class='figures'>{rows}</dl>"


def _section(name: str, body: str) -> str:
    return f"<section><h4>{escape(name)}</h4>{body}</section>"


def _block(text: str, kind: str = "text") -> str:
    cut = f"{text[:LONGEST]}… ({len(text):,} characters)" if len(text) > LONGEST else text
    return f"<pre class='{kind}' dir='auto'>{escape(cut, quote=False)}</pre>"


def _data(given: Any) -> str:
    return _block(json.dumps(given, ensure_ascii=False, indent=1, default=str), "text data")


def _text_of(answer: Any) -> str | None:
    if isinstance(answer, str):
        return answer
    found = [answer.get(key) for key in ("text", "answer")] if isinstance(answer, dict) else []
    return next((one for one in found if isinstance(one, str)), None)


def _without(given: Any, passages: list[str]) -> Any:
    """Passages that the question came with stand beside the answer already."""
    if isinstance(given, dict) and passages and given.get("passages") == passages:
        return {name: one for name, one in given.items() if name != "passages"}
    return given


def _rest(trace: Any) -> Any:
    if not isinstance(trace, dict):
        return trace
    return {name: one for name, one in trace.items() if name != "support"}


def _asked(given: Any) -> str:
    """The end of what was asked, which tells samples apart."""
    if isinstance(given, str):
        return given
    if isinstance(given, dict):
        for key in ("question", "text", "claim", "prompt", "query"):
            if isinstance(given.get(key), str):
                return str(given[key])
        for key in ("messages", "turns"):
            if isinstance(given.get(key), list) and given[key]:
                last = given[key][-1]
                return str(last.get("content", last)) if isinstance(last, dict) else str(last)
    return json.dumps(given, ensure_ascii=False, default=str)


def _one_line(text: str) -> str:
    return " ".join(text.split())
