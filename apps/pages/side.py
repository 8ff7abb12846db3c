"""The side panel of the Chat page: chats, what is remembered, the model and its sampling. Layout alone.

Contract: `side(context)` adds the panel to what is open and returns its components by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import gradio as gr

from apps.pages import frame
from apps.pages.context import KNOBS, PageContext

SHORTCUTS = (
    ("Ctrl Shift O", "new chat"),
    ("Ctrl K", "search chats"),
    ("Ctrl Shift E", "edit the last question"),
    ("Ctrl Shift R", "answer anew"),
    ("Escape", "stop the answer"),
    ("/", "write"),
)
"""What `homespun.js` listens to; ⌘ does for Ctrl."""


def side(context: PageContext, chosen: str | None) -> dict[str, Any]:
    """Adds the panel.

    Args:
        context: says which models there are and what may be kept.
        chosen: the model that is chosen at first.
    """
    own = context.knobs(chosen)
    with gr.Sidebar(elem_id="side", width=288, label="Chats and settings"):
        frame.head(context, "chat")
        who = gr.HTML("", elem_id="who", visible=context.users)
        new = gr.Button("New chat", elem_id="new", size="md")
        with gr.Column(elem_id="earlier", visible=context.history):
            search = gr.Textbox(
                label="Search chats", show_label=False, container=False, placeholder="Search chats",
                elem_id="search", max_lines=1,
            )  # fmt: skip
            chats = gr.Radio(label="Earlier chats", choices=[], elem_id="chats", visible=False)
            deleted = _deleted()
            this = _this(context)
        memory = _memory(context)
        with gr.Column(elem_id="settings"):
            model = gr.Dropdown(
                list(context.models), value=chosen, label="Model", elem_id="model",
                interactive=bool(context.models), filterable=len(context.models) > 8,
            )  # fmt: skip
            with gr.Accordion("Sampling", open=False, elem_id="sampling", visible=bool(own)) as sampling:
                knobs = _knobs(own)
                reset = gr.Button("Back to the model's own", size="sm", elem_id="reset")
            with gr.Accordion("Keyboard", open=False, elem_id="keys"):
                gr.HTML(_keys())
    return {
        "who": who, "new": new, "search": search, "chats": chats, "model": model, "sampling": sampling,
        "reset": reset,        **deleted, **this, **memory, **dict(zip(KNOBS, knobs, strict=True)),
    }  # fmt: skip


def _this(context: PageContext) -> dict[str, Any]:
    """What can be done with the open chat."""
    with gr.Column(visible=False, elem_id="this") as this:
        with gr.Row(elem_id="doings"):
            rename = gr.Button("Rename…", elem_id="rename", size="sm", min_width=40)
            export = gr.Button("Export…", elem_id="export", size="sm", min_width=40)
            sample = gr.Button(
                "Sample…", elem_id="sample", size="sm", min_width=40, visible=bool(context.keep)
            )
            delete = gr.Button("Delete", elem_id="delete", size="sm", min_width=40)
        with gr.Column(visible=False, elem_id="naming") as naming:
            title = gr.Textbox(label="Title", max_lines=1, elem_id="title")
            with gr.Row():
                name = gr.Button("Rename", variant="primary", size="sm", min_width=60, elem_id="rename-yes")
                unname = gr.Button("Cancel", size="sm", min_width=60)
        with gr.Row(visible=False, elem_id="exporting") as exporting:
            markdown = gr.Button("Markdown", size="sm", min_width=60, elem_id="export-md")
            as_json = gr.Button("JSON", size="sm", min_width=60, elem_id="export-json")
        file = gr.JSON(visible=False)
        keep = _keep_form()
    return {
        "delete": this, "rename": rename, "export": export, "sample": sample, "gone": delete,
        "naming": naming, "title": title, "name": name, "unname": unname,
        "exporting": exporting, "markdown": markdown, "as_json": as_json, "file": file, "keep": keep,
    }  # fmt: skip


def _deleted() -> dict[str, Any]:
    """The way back of a chat that has just been deleted."""
    with gr.Row(visible=False, elem_id="undo") as undo:
        gr.HTML("<p>Chat deleted.</p>")
        back = gr.Button("Undo", size="sm", min_width=50, elem_id="undo-yes")
    return {"undo": undo, "back": back, "lost": gr.Textbox(visible=False)}


def _memory(context: PageContext) -> dict[str, Any]:
    """What is remembered of the user."""
    with gr.Accordion("Memory", open=False, elem_id="memory", visible=context.memory) as panel:
        on = gr.Checkbox(True, label="Remember what I tell of myself", elem_id="memory-on", container=False)
        memories = gr.Radio(label="Memories", show_label=False, choices=[], elem_id="memories", visible=False)
        add = gr.Button("Add…", size="sm", elem_id="memory-add")
        with gr.Column(visible=False, elem_id="memory-form") as form:
            text = gr.Textbox(label="Memory", lines=2, max_lines=6, elem_id="memory-text")
            with gr.Row():
                save = gr.Button("Save", variant="primary", size="sm", min_width=50, elem_id="memory-save")
                forget = gr.Button("Forget", size="sm", min_width=50, elem_id="memory-forget")
                close = gr.Button("Cancel", size="sm", min_width=50)
    return {
        "panel": panel, "on": on, "memories": memories, "add": add, "form": form, "text": text,
        "save": save, "forget": forget, "close": close,
    }  # fmt: skip


def _keys() -> str:
    rows = "".join(
        f"<dt>{''.join(f'<kbd>{key}</kbd>' for key in keys.split())}</dt><dd>{what}</dd>"
        for keys, what in SHORTCUTS
    )
    return f"<dl>{rows}</dl>"


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


def greeting(user: str) -> str:
    """Returns who has logged in, and the way out, as HTML."""
    return f'<p><strong>{escape(user)}</strong> <a href="logout">Log out</a></p>'


def positions(shown: Mapping[str, float | int | None]) -> list[Any]:
    """Returns updates of the sampling controls, in the order of `KNOBS`."""
    return [gr.update(value={**KNOBS, **shown}[name], visible=name in shown) for name in KNOBS]
