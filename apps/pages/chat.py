"""The Chat page: people talk with the chatbot graph.

Contract: `build(context)` adds the page to the ``gr.Blocks`` that is open. Every answer is a run of the
graph on a thread; the page shows the thread and keeps nothing of its own, so a reload shows the same. The
thread's name stands in the page's address, and sessions don't mix. Layout is here; what the controls do is
in `apps.pages.talk`.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import gradio as gr

from apps.pages import frame
from apps.pages.context import KNOBS, PageContext
from apps.pages.keep import Keep
from apps.pages.talk import INPUTS, OUTPUTS, TURNED, Talk

NO_MODEL = """## There is no model yet

Run `homespun train home-nano` (about two minutes), then reload this page."""

FOCUS = "() => homespun.focus()"


def build(context: PageContext) -> None:
    """Adds the page to the open ``gr.Blocks``."""
    parts = _layout(context)
    _wire(Talk(context), parts)
    _wire_keep(Keep(context), parts)


def _layout(context: PageContext) -> dict[str, Any]:
    frame.skip("message", "Skip to the message box")
    has_model = bool(context.models)
    chosen = context.model if context.model in context.models else next(iter(context.models), None)
    own = context.knobs(chosen)
    with gr.Sidebar(elem_id="side", width=288, label="Chats and settings"):
        frame.head(context, "chat")
        new = gr.Button("New chat", elem_id="new", size="md")
        with gr.Column(elem_id="earlier", visible=context.history):
            chats = gr.Radio(label="Earlier chats", choices=[], elem_id="chats", visible=False)
            with gr.Column(visible=False, elem_id="this") as this:
                sample = gr.Button(
                    "Keep as sample…", elem_id="sample", size="sm", visible=context.keep is not None
                )
                delete = gr.Button("Delete the open chat…", elem_id="delete", size="sm")
            keep = _keep_form()
            with gr.Row(visible=False, elem_id="sure") as sure:
                yes = gr.Button("Delete for good", variant="stop", size="sm", min_width=60)
                no = gr.Button("Keep it", size="sm", min_width=60)
        with gr.Column(elem_id="settings"):
            model = gr.Dropdown(
                list(context.models),
                value=chosen,
                label="Model",
                elem_id="model",
                interactive=has_model,
                filterable=len(context.models) > 8,
            )
            with gr.Accordion("Sampling", open=False, elem_id="sampling", visible=bool(own)) as sampling:
                knobs = _knobs(own)
                reset = gr.Button("Back to the model's own", size="sm", elem_id="reset")

    thread = gr.Textbox(visible=False)
    with gr.Column(elem_id="main"):
        chat = gr.Chatbot(
            elem_id="chat",
            label="Chat",
            show_label=False,
            container=False,
            height="100%",
            layout="bubble",
            buttons=["copy"],
            editable="user",
            feedback_options=None,
            latex_delimiters=[],
            group_consecutive_messages=False,
            **_invitation(context, chosen),
        )
        with gr.Column(elem_id="write"):
            box = gr.Textbox(
                elem_id="message",
                label="Message",
                show_label=False,
                container=False,
                placeholder=context.manner(chosen).hint if chosen else "No model to talk to yet",
                lines=1,
                max_lines=8,
                submit_btn=has_model,
                autofocus=False,
                interactive=False,  # until the page is loaded
            )
            about = gr.HTML(_about(context, chosen), elem_id="about")
    return {
        "context": context, "chat": chat, "box": box, "thread": thread, "model": model, "about": about,
        "chats": chats, "delete": this, "ask": delete, "sample": sample, "keep": keep, "sure": sure,
        "yes": yes, "no": no, "new": new, "sampling": sampling, "reset": reset,
        **dict(zip(KNOBS, knobs, strict=True)),
    }  # fmt: skip


def _wire(talk: Talk, parts: dict[str, Any]) -> None:
    context = talk.context
    inputs, outputs, turned = ([parts[name] for name in names] for names in (INPUTS, OUTPUTS, TURNED))
    knobs = [parts[name] for name in KNOBS]
    chat, box, thread, model, sure = (parts[n] for n in ("chat", "box", "thread", "model", "sure"))
    kept = parts["keep"]
    plain: Any = {"api_visibility": "private", "show_progress": "hidden"}
    # Each window may have an answer running; how many a model really writes at once is the model's business.
    streamed: Any = {**plain, "concurrency_limit": None}

    said = [
        box.submit(talk.send, [box, *inputs], outputs, **streamed),
        chat.example_select(talk.example, inputs, outputs, **streamed),
        chat.retry(talk.retry, inputs, outputs, **streamed),
        chat.edit(talk.edit, inputs, outputs, **streamed),
    ]
    for event in [*said, chat.undo(talk.undo, inputs, outputs, **plain)]:
        event.then(None, js=FOCUS)
    box.stop(talk.stop, [thread], None, queue=False, **plain).then(None, js=FOCUS)

    moves = [
        parts["new"].click(talk.new, None, turned, **plain),
        parts["chats"].input(talk.open, [parts["chats"], model], turned, **plain),
        parts["yes"].click(talk.delete, [thread], turned, **plain),
        # Gradio's own "clear" empties the chat on the page; the thread stays, in the list of earlier ones.
        chat.clear(talk.new, None, turned, **plain),
    ]
    for event in moves:
        event.then(
            lambda: [gr.update(visible=False)] * 3,
            None,
            [sure, kept["form"], kept["told"]],
            queue=False,
            **plain,
        )
        event.then(None, [thread], js="t => { homespun.show(t); homespun.narrow(); homespun.focus(); }")
    parts["ask"].click(lambda: gr.update(visible=True), None, sure, queue=False, **plain)
    parts["no"].click(lambda: gr.update(visible=False), None, sure, queue=False, **plain)

    def other_model(name: str) -> list[Any]:
        own = context.knobs(name)
        return [
            gr.update(**_invitation(context, name)),
            gr.update(placeholder=context.manner(name).hint),
            _about(context, name),
            gr.update(visible=bool(own)),
            *_positions(own),
        ]

    shown = [chat, box, parts["about"], parts["sampling"], *knobs]
    model.change(other_model, [model], shown, queue=False, **plain)
    parts["reset"].click(lambda m: _positions(context.knobs(m)), [model], knobs, queue=False, **plain)

    root = gr.context.Context.root_block
    assert root is not None
    loaded = root.load(talk.load, [thread, model], turned, js="(_, m) => [homespun.thread(), m]", **plain)
    loaded.then(None, [thread], js="t => { homespun.show(t); homespun.focus(); }")


def _keep_form() -> dict[str, Any]:
    """The form that keeps a turn of the open chat as a sample."""
    with gr.Column(visible=False, elem_id="keep") as form:
        which = gr.Dropdown([], label="Question", elem_id="keep-which", filterable=False)
        accept = gr.Textbox(
            label="A right answer has", placeholder="a regular expression a line", lines=1, max_lines=4,
            elem_id="keep-accept",
        )  # fmt: skip
        reject = gr.Textbox(
            label="and hasn't", placeholder="a regular expression a line", lines=1, max_lines=4,
            elem_id="keep-reject",
        )  # fmt: skip
        note = gr.Textbox(label="Note", placeholder="what it's for", max_lines=1, elem_id="keep-note")
        with gr.Row():
            yes = gr.Button("Keep", variant="primary", size="sm", min_width=60, elem_id="keep-yes")
            no = gr.Button("Cancel", size="sm", min_width=60)
    told = gr.HTML("", elem_id="keep-told", visible=False)
    return {
        "form": form, "which": which, "accept": accept, "reject": reject, "note": note, "yes": yes, "no": no,
        "told": told,
    }  # fmt: skip


def _wire_keep(keep: Keep, parts: dict[str, Any]) -> None:
    form, thread, model = parts["keep"], parts["thread"], parts["model"]
    plain: Any = {"api_visibility": "private", "show_progress": "hidden", "queue": False}

    def say(line: str) -> Any:
        return gr.update(value=f'<p role="status">{escape(line)}</p>' if line else "", visible=bool(line))

    def show(at: str, name: str) -> list[Any]:
        found, trouble = keep.choices(at, name)
        which = gr.update(choices=found, value=found[-1][1] if found else None)
        return [gr.update(visible=bool(found)), which, "", "", "", say(trouble)]

    def done(at: str, name: str, number: int | None, *said: str) -> list[Any]:
        kept, line = keep.keep(at, name, number, *said)
        return [gr.update(visible=not kept), say(line)]

    fields = [form[name] for name in ("which", "accept", "reject", "note")]
    parts["sample"].click(show, [thread, model], [form["form"], *fields, form["told"]], **plain)
    form["yes"].click(done, [thread, model, *fields], [form["form"], form["told"]], **plain)
    form["no"].click(lambda: [gr.update(visible=False), say("")], None, [form["form"], form["told"]], **plain)


def _knobs(shown: Mapping[str, float | int | None]) -> list[Any]:
    """The sampling controls, in the order of `KNOBS`; those that the model doesn't take aren't seen."""
    at = {**KNOBS, **shown}
    seen = {name: {"value": at[name], "visible": name in shown, "elem_id": name} for name in KNOBS}
    return [
        gr.Slider(0, 2, step=0.05, label="Temperature", buttons=[], **seen["temperature"]),
        gr.Slider(0.05, 1, step=0.05, label="Top-p (1: off)", buttons=[], **seen["top_p"]),
        gr.Slider(0, 200, step=1, label="Top-k (0: off)", buttons=[], **seen["top_k"]),
        gr.Slider(1, 2, step=0.05, label="Repetition penalty", buttons=[], **seen["repetition_penalty"]),
        gr.Slider(1, 1024, step=1, label="Longest answer, tokens", buttons=[], **seen["max_tokens"]),
        # A gr.Number would show 0 where nothing is set.
        gr.Textbox(label="Seed", placeholder="random", max_lines=1, **seen["seed"]),
    ]


def _positions(shown: Mapping[str, float | int | None]) -> list[Any]:
    return [gr.update(value={**KNOBS, **shown}[name], visible=name in shown) for name in KNOBS]


def _invitation(context: PageContext, model: str | None) -> dict[str, Any]:
    """What an empty chat shows."""
    if not model:
        return {"placeholder": NO_MODEL}
    manner = context.manner(model)
    return {"placeholder": manner.welcome, "examples": [{"text": text} for text in manner.openers]}


def _about(context: PageContext, model: str | None) -> str:
    if not model:
        return ""
    return f"<p>{escape(context.about(model))} {escape(context.manner(model).mind)}</p>"
