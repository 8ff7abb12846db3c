"""The Chat page: people talk with the chatbot graph.

Contract: `build(context)` adds the page to the ``gr.Blocks`` that is open. Every answer is a run of the
graph on a thread; the page shows the thread and keeps nothing of its own, so a reload shows the same. The
thread's name stands in the page's address, and sessions don't mix. The chat is laid out here, the side panel
in `apps.pages.side`; what controls do is in `talk`, `chats`, `feedback`, `memory` and `keep` beside this.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import gradio as gr

from apps.pages import frame
from apps.pages.chats import TURNED, Chats
from apps.pages.context import KNOBS, PageContext
from apps.pages.feedback import FeedbackForm
from apps.pages.keep import Keep
from apps.pages.memory import MemoryPanel
from apps.pages.side import greeting, positions, side
from apps.pages.talk import DISLIKED, INPUTS, LIKED, OUTPUTS, Talk
from apps.pages.who import user_of

NO_MODEL = """## There is no model yet

Run `homespun train home-nano` (about two minutes), then reload this page."""

FOCUS = "() => homespun.focus()"
PICKED = "(_, ...rest) => [homespun.picked, ...rest]"
SHOW = "t => { homespun.show(t); homespun.narrow(); homespun.focus(); }"

PLAIN: Any = {"api_visibility": "private", "show_progress": "hidden"}
QUICK: Any = {**PLAIN, "queue": False}
# Each window may have an answer running; how many a model really writes at once is the model's business.
STREAMED: Any = {**PLAIN, "concurrency_limit": None}


def build(context: PageContext) -> None:
    """Adds the page to the open ``gr.Blocks``."""
    frame.skip("message", "Skip to the message box")
    chosen = context.model if context.model in context.models else next(iter(context.models), None)
    parts = {**side(context, chosen), **_main(context, chosen)}
    talk = Talk(context)
    panel = MemoryPanel(context)
    _wire_talk(talk, parts, panel)
    _wire_chats(Chats(talk), parts, panel)
    _wire_feedback(FeedbackForm(talk), parts)
    if context.memory:
        _wire_memory(panel, parts)
    _wire_model(context, parts)
    if context.keep is not None:
        _wire_keep(Keep(context), parts)


def _main(context: PageContext, chosen: str | None) -> dict[str, Any]:
    """The chat and the message box."""
    thread = gr.Textbox(visible=False)
    picked = gr.Textbox(visible="hidden", elem_id="picked")
    go = gr.Button(visible="hidden", elem_id="go-branch")
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
            feedback_options=(LIKED, DISLIKED),
            latex_delimiters=[],
            group_consecutive_messages=False,
            **_invitation(context, chosen),
        )
        with gr.Column(visible=False, elem_id="why") as why:
            reason = gr.Textbox(
                label="What was wrong? (if you like to say)", max_lines=3, elem_id="reason",
                placeholder="untrue, off the subject, rude…",
            )  # fmt: skip
            with gr.Row():
                tell = gr.Button("Send", variant="primary", size="sm", min_width=60, elem_id="why-yes")
                close = gr.Button("Close", size="sm", min_width=60, elem_id="why-no")
            judged = gr.Textbox(visible=False)
        with gr.Column(elem_id="write"):
            box = gr.Textbox(
                elem_id="message",
                label="Message",
                show_label=False,
                container=False,
                placeholder=context.manner(chosen).hint if chosen else "No model to talk to yet",
                lines=1,
                max_lines=8,
                submit_btn=bool(context.models),
                autofocus=False,
                interactive=False,  # until the page is loaded
            )
            about = gr.HTML(_about(context, chosen), elem_id="about")
            used = gr.HTML("", elem_id="used")
    return {
        "chat": chat, "box": box, "thread": thread, "about": about, "used": used, "picked": picked, "go": go,
        "why": why, "reason": reason, "tell": tell, "untold": close, "judged": judged,
    }  # fmt: skip


def _wire_talk(talk: Talk, parts: dict[str, Any], panel: MemoryPanel) -> None:
    inputs, outputs = ([parts[name] for name in names] for names in (INPUTS, OUTPUTS))
    chat, box, thread, model = (parts[name] for name in ("chat", "box", "thread", "model"))
    said = [
        box.submit(talk.send, [box, *inputs], outputs, **STREAMED),
        chat.example_select(talk.example, inputs, outputs, **STREAMED),
        chat.retry(talk.retry, inputs, outputs, **STREAMED),
        chat.edit(talk.edit, inputs, outputs, **STREAMED),
    ]
    for event in said if talk.context.memory else ():
        event.then(panel.refresh, None, _memory_parts(parts)[:3], **QUICK)
    for event in said:
        event.then(lambda: gr.update(visible=False), None, parts["why"], **QUICK)
    for event in [*said, chat.undo(talk.undo, inputs, outputs, **PLAIN)]:
        event.then(None, js=FOCUS)
    box.stop(talk.stop, [thread], None, **QUICK).then(None, js=FOCUS)
    # homespun.js writes which version was picked, and presses the button.
    parts["go"].click(talk.branch, [parts["picked"], chat, thread, model], outputs, js=PICKED, **PLAIN)


def _wire_chats(chats: Chats, parts: dict[str, Any], panel: MemoryPanel) -> None:
    turned, outputs = ([parts[name] for name in names] for names in (TURNED, OUTPUTS))
    chat, thread, model, lost = (parts[name] for name in ("chat", "thread", "model", "lost"))
    attached: Any = {"fn": chats.talk.attach, "inputs": [chat, thread], "outputs": outputs, **STREAMED}

    def deleted(request: gr.Request, name: str) -> list[Any]:
        updates, gone = chats.delete(request, name)
        return [*updates, gr.update(visible=bool(gone)), gone]

    moves = [
        parts["new"].click(chats.new, None, turned, **PLAIN),
        parts["chats"].input(chats.open, [parts["chats"], model], turned, **PLAIN),
        parts["back"].click(chats.restore, [lost, model], turned, **PLAIN),
        # Gradio's own "clear" empties the chat on the page; the thread stays, in the list of earlier ones.
        chat.clear(chats.new, None, turned, **PLAIN),
    ]
    forms = [parts[name] for name in ("naming", "exporting", "why")]
    forms += [parts["keep"]["form"], parts["keep"]["told"]]
    shut = [gr.update(visible=False)] * len(forms)
    for event in moves:
        event.then(lambda: [*shut, gr.update(visible=False)], None, [*forms, parts["undo"]], **QUICK)
        event.then(None, [thread], js=SHOW).then(**attached)
    gone = parts["gone"].click(deleted, [thread], [*turned, parts["undo"], lost], **PLAIN)
    gone.then(lambda: shut, None, forms, **QUICK)
    gone.then(None, [thread], js=SHOW)

    listed = [parts["chats"], parts["delete"]]
    parts["search"].change(chats.find, [thread, parts["search"]], listed, trigger_mode="always_last", **PLAIN)

    naming, title = parts["naming"], parts["title"]
    parts["rename"].click(chats.naming, [thread], [naming, title], **QUICK)
    for event in (parts["name"].click, title.submit):
        event(chats.rename, [thread, title], [*listed, naming], **QUICK)
    parts["unname"].click(lambda: gr.update(visible=False), None, naming, **QUICK)

    parts["export"].click(lambda: gr.update(visible=True), None, parts["exporting"], **QUICK)
    for button, form in (("markdown", "Markdown"), ("as_json", "JSON")):
        made = parts[button].click(
            chats.exporter(form), [thread, model], [parts["file"], parts["exporting"]], **QUICK
        )
        made.then(None, [parts["file"]], js="file => { homespun.save(file); }")

    root = gr.context.Context.root_block
    assert root is not None
    loaded = root.load(chats.load, [thread, model], turned, js="(_, m) => [homespun.thread(), m]", **PLAIN)
    loaded.then(None, [thread], js="t => { homespun.show(t); homespun.focus(); }").then(**attached)
    if chats.context.users:
        root.load(_greeter(chats.context), None, parts["who"], **PLAIN)
    if chats.context.memory:
        root.load(panel.show, None, _memory_parts(parts), **PLAIN)


def _greeter(context: PageContext) -> Callable[[gr.Request], str]:
    def greet(request: gr.Request) -> str:
        return greeting(user_of(context, request))

    return greet


def _wire_feedback(form: FeedbackForm, parts: dict[str, Any]) -> None:
    thread, judged, reason = (parts[name] for name in ("thread", "judged", "reason"))
    shown = [parts["why"], reason, judged]
    parts["chat"].like(form.thumb, [thread, parts["model"]], shown, **QUICK)
    for event in (parts["tell"].click, reason.submit):
        event(form.why, [thread, judged, reason], shown, **QUICK).then(None, js=FOCUS)
    parts["untold"].click(lambda: [gr.update(visible=False), "", ""], None, shown, **QUICK)


def _memory_parts(parts: dict[str, Any]) -> list[Any]:
    return [parts[name] for name in ("panel", "on", "memories", "form", "text")]


def _wire_memory(panel: MemoryPanel, parts: dict[str, Any]) -> None:
    shown = _memory_parts(parts)
    memories, form, text = (parts[name] for name in ("memories", "form", "text"))
    parts["on"].input(panel.switch, [parts["on"]], None, **QUICK)
    memories.input(panel.pick, [memories], [form, text], **QUICK)
    parts["add"].click(
        lambda: [gr.update(value=None), gr.update(visible=True), ""], None, [memories, form, text], **QUICK
    )
    parts["save"].click(panel.save, [memories, text], shown, **QUICK)
    parts["forget"].click(panel.forget, [memories], shown, **QUICK)
    parts["close"].click(
        lambda: [gr.update(value=None), gr.update(visible=False)], None, [memories, form], **QUICK
    )


def _wire_model(context: PageContext, parts: dict[str, Any]) -> None:
    knobs = [parts[name] for name in KNOBS]
    model = parts["model"]

    def other_model(name: str) -> list[Any]:
        own = context.knobs(name)
        return [
            gr.update(**_invitation(context, name)),
            gr.update(placeholder=context.manner(name).hint),
            _about(context, name),
            gr.update(visible=bool(own)),
            *positions(own),
        ]

    shown = [parts["chat"], parts["box"], parts["about"], parts["sampling"], *knobs]
    model.change(other_model, [model], shown, **QUICK)
    parts["reset"].click(lambda m: positions(context.knobs(m)), [model], knobs, **QUICK)


def _wire_keep(keep: Keep, parts: dict[str, Any]) -> None:
    form, thread, model = parts["keep"], parts["thread"], parts["model"]

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
    parts["sample"].click(show, [thread, model], [form["form"], *fields, form["told"]], **QUICK)
    form["yes"].click(done, [thread, model, *fields], [form["form"], form["told"]], **QUICK)
    form["no"].click(lambda: [gr.update(visible=False), say("")], None, [form["form"], form["told"]], **QUICK)


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
