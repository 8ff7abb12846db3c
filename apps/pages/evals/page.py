"""The Evals page: evaluations are started, watched, read and compared.

Contract: `build(context)` adds the page to the ``gr.Blocks`` that is open. What is shown lies in the run
folders and in `context.evals`, so a reload shows the same; the open run's id stands in the page's address.
Layout is here; what the controls do is in `apps.pages.evals.acts`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from apps.pages import frame
from apps.pages.context import PageContext
from apps.pages.evals.acts import Acts, Updates
from apps.pages.evals.sample import MOVED, SHOWS

SECONDS = 1.0
"""Between two looks at a running evaluation."""

ABOUT = """<h2>Measure a model</h2>
<p class="soft">Each suite asks a set of questions and says how far its figures can be trusted. What was
answered is kept: the same evaluation asked again goes on where it was.</p>"""
INTO_ADDRESS = "r => homespun.address('run', r)"


def build(context: PageContext) -> None:
    """Adds the page to the open ``gr.Blocks``."""
    frame.skip("evals", "Skip to the evaluations")
    parts = _layout(context)
    if context.evals is None:
        return
    _wire(Acts(context, context.evals), parts)


def _layout(context: PageContext) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    own = context.owner and context.evals is not None
    with gr.Sidebar(elem_id="side", width=288, label="Runs"):
        frame.head(context, "evals")
        parts["new"] = gr.Button("New evaluation" if context.owner else "All runs", elem_id="new", size="md")
        with gr.Column(elem_id="earlier"):
            parts["runs"] = gr.Radio(label="Runs", choices=[], elem_id="runs", visible=False)
    parts["run"] = gr.Textbox(visible=False)
    parts["timer"] = gr.Timer(SECONDS, active=False)
    with gr.Column(elem_id="evals"):
        parts["notice"] = gr.HTML("", elem_id="notice")
        with gr.Column(elem_id="working", visible=False) as parts["working"]:
            parts["work"] = gr.HTML("", elem_id="work")
            with gr.Row(elem_id="doing"):
                parts["stop"] = gr.Button("Stop", size="sm", elem_id="halt", visible=False)
                parts["again"] = gr.Button("Go on", size="sm", elem_id="again", visible=False)
                parts["look"] = gr.Button("Open it", size="sm", elem_id="look", visible=False)
        with gr.Column(elem_id="start", visible=own) as parts["start"]:
            _form(context, parts)
        with gr.Column(elem_id="opened", visible=False) as parts["opened"]:
            _run(context, parts)
    return parts


def _form(context: PageContext, parts: dict[str, Any]) -> None:
    chosen = context.model if context.model in context.models else next(iter(context.models), None)
    gr.HTML(ABOUT, elem_id="what")
    parts["suites"] = gr.CheckboxGroup(label="Suites", choices=[], elem_id="suites")
    parts["kept"] = gr.HTML("", elem_id="kept")
    with gr.Row(elem_id="given"):
        parts["model"] = gr.Dropdown(
            list(context.models),
            value=chosen,
            label="Model",
            allow_custom_value=True,
            elem_id="measured",
            min_width=200,
        )
        parts["limit"] = gr.Textbox(
            "50", label="Samples a suite, at most", placeholder="the suite's own", max_lines=1,
            elem_id="limit", min_width=140,
        )  # fmt: skip
        parts["seed"] = gr.Textbox("0", label="Seed", max_lines=1, elem_id="seeded", min_width=80)
    with gr.Accordion("More", open=False, elem_id="more"):
        parts["data"] = gr.Textbox(
            label="Data instead of what is built in, for one suite",
            placeholder="a file, a folder or hf:NAME",
            max_lines=1,
            elem_id="data",
        )
        parts["judge"] = gr.Dropdown(
            [],
            value=None,
            label="Judge of support; for the suite judge alone, the one to be measured",
            allow_custom_value=True,
            elem_id="judge",
        )
        parts["fresh"] = gr.Checkbox(label="Ask again what had been answered", elem_id="fresh")
    parts["go"] = gr.Button("Run", variant="primary", elem_id="go")


def _run(context: PageContext, parts: dict[str, Any]) -> None:
    parts["heading"] = gr.HTML("", elem_id="heading")
    with gr.Tabs(elem_id="views"):
        with gr.Tab("Figures"):
            parts["summary"] = gr.HTML("", elem_id="summary")
        with gr.Tab("Samples", visible=context.owner, elem_id="browse"):
            with gr.Row(elem_id="narrow"):
                parts["shown"] = gr.Dropdown(
                    list(SHOWS.items()),
                    value="failed",
                    label="Show",
                    elem_id="shown",
                    filterable=False,
                    min_width=150,
                )
                parts["suite"] = gr.Dropdown(
                    [("all suites", "")], value="", label="Suite", elem_id="of", filterable=False,
                    visible=False, min_width=150,
                )  # fmt: skip
                parts["moved"] = gr.Dropdown(
                    [("whatever it was", ""), *MOVED.items()], value="", label="Compared with the other run",
                    elem_id="moved", filterable=False, visible=False, min_width=150,
                )  # fmt: skip
            with gr.Row(elem_id="browser"):
                with gr.Column(scale=2, min_width=240, elem_id="list"):
                    parts["counted"] = gr.HTML("", elem_id="counted")
                    parts["samples"] = gr.Radio(
                        label="Samples", show_label=False, choices=[], elem_id="samples", visible=False
                    )
                with gr.Column(scale=5, min_width=280, elem_id="one"):
                    parts["detail"] = gr.HTML("", elem_id="detail")
                    parts["jump"] = gr.Button("Open the thread", size="sm", elem_id="jump", visible=False)
                    parts["thread"] = gr.HTML("", elem_id="thread", visible=False)
        with gr.Tab("Compare", elem_id="compare"):
            parts["baseline"] = gr.Dropdown([], value=None, label="Baseline", elem_id="baseline")
            parts["difference"] = gr.HTML("", elem_id="difference")
        with gr.Tab("Report", visible=context.owner, elem_id="report"):
            parts["frame"] = gr.HTML("", elem_id="frame")


def _wire(acts: Acts, parts: dict[str, Any]) -> None:
    plain: Any = {"api_visibility": "private", "show_progress": "hidden"}
    outputs = {
        name: part
        for name, part in parts.items()
        if name not in ("new", "limit", "seed", "data", "fresh", "model")
    }

    def does(act: Callable[..., Updates], *inputs: str) -> dict[str, Any]:
        """What to hand to an event: the function, its inputs by name, and every component it may change."""
        return {
            "fn": _in_order(act, tuple(outputs)),
            "inputs": [parts[name] for name in inputs],
            "outputs": list(outputs.values()),
        }

    moves = [
        parts["new"].click(**does(acts.new), **plain),
        parts["runs"].input(**does(acts.open, "runs"), **plain),
        parts["look"].click(**does(acts.found), **plain),
    ]
    for event in moves:
        event.then(None, [parts["run"]], js=f"r => {{ ({INTO_ADDRESS})(r); homespun.narrow(); }}")
    form = ("suites", "model", "limit", "seed", "data", "judge", "fresh")
    parts["go"].click(**does(acts.start, *form), **plain)
    parts["stop"].click(**does(acts.stop), **plain)
    parts["again"].click(**does(acts.again), **plain)
    parts["timer"].tick(**does(acts.tick, "run"), **plain, trigger_mode="once").then(
        None, [parts["run"]], js=INTO_ADDRESS
    )
    narrowed = ("run", "shown", "suite", "moved", "baseline")
    for name in ("shown", "suite", "moved"):
        parts[name].input(**does(acts.listed, *narrowed), **plain)
    parts["samples"].input(**does(acts.pick, "run", "samples"), **plain)
    parts["jump"].click(**does(acts.thread, "run", "samples"), **plain)
    parts["baseline"].input(**does(acts.compare, "run", "baseline"), **plain)
    root = gr.context.Context.root_block
    assert root is not None
    loaded = root.load(**does(acts.load, "run"), js="() => homespun.asked('run')", **plain)
    loaded.then(None, [parts["run"]], js=INTO_ADDRESS)


def _in_order(act: Callable[..., Updates], names: Sequence[str]) -> Callable[..., list[Any]]:
    @functools.wraps(act)
    def run(*given: Any) -> list[Any]:
        updates = act(*given)
        return [updates.get(name, gr.skip()) for name in names]

    return run
