"""Which chat the page shows, and what can be done with whole ones: open, rename, delete, find, export.

Contract: as `apps.pages.talk`. A deleted chat can be taken back from the page for as long as `graphs.threads`
keeps it. Opening a chat leaves the one before as it is: what is written there is written on.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

import gradio as gr

from apps.pages import threads
from apps.pages.answer import one_line
from apps.pages.keep import plain
from apps.pages.talk import OUTPUTS, Talk, Update, noticed, same, session
from apps.pages.who import user_of
from graphs.threads import Threads, check_name, new_name
from homespun.errors import HomespunError, UsageError

TURNED = (*OUTPUTS, "thread", "model")
"""What is written where the page turns to another chat."""


class Chats:
    """The page's behaviour over one `Talk`."""

    def __init__(self, talk: Talk) -> None:
        self.talk, self.context = talk, talk.context

    def load(self, request: gr.Request, thread: str, model: str | None) -> list[Update]:
        """Shows the thread that the page's address names, or a new one."""
        try:
            shown = self.open(request, check_name(thread), model)
        except UsageError:
            shown = self.new(request)
        # Nothing can be said before the page knows in which thread.
        shown[OUTPUTS.index("box")]["interactive"] = bool(self.context.models)
        return shown

    def open(self, request: gr.Request, thread: str, model: str | None) -> list[Update]:
        """Shows another thread and chooses the model that answered there last."""
        self.talk.running.leave(session(request))
        if not self._threads(request).is_mine(thread):
            return self.new(request)
        chat: list[dict[str, Any]] = []
        chosen, graph = gr.skip(), None
        try:
            if model:
                graph = self.context.graph(model)
                chat = self.talk.shown(graph, thread)
                chosen = self._chosen(threads.last_model(threads.read(graph, thread)))
        except Exception as error:
            chat = noticed([], one_line(error))
        return [*self.talk.settled(request, chat, thread, graph), thread, chosen]

    def new(self, request: gr.Request) -> list[Update]:
        """Starts a new chat; nothing is stored until something is said."""
        self.talk.running.leave(session(request))
        # Where people don't see each other's chats, a chat's name is what keeps it to oneself.
        thread = new_name() if self.context.history else secrets.token_urlsafe(18)
        shown = self.talk.settled(request, [], thread)
        shown[OUTPUTS.index("used")] = ""
        return [*shown, thread, gr.skip()]

    def delete(self, request: gr.Request, thread: str) -> tuple[list[Update], str]:
        """Deletes the thread that is shown and starts a new one; gives the name to take it back by."""
        mine = self._threads(request)
        try:
            mine.read(thread)  # or it's another's, whose answer isn't stopped
            self.talk.running.free(thread, 5.0, stop=True)
            mine.delete(thread)
        except HomespunError as error:
            return [*same(chat=noticed([], one_line(error))), gr.skip(), gr.skip()], ""
        return self.new(request), thread

    def restore(self, request: gr.Request, thread: str, model: str | None) -> list[Update]:
        """Takes a deleted thread back and shows it."""
        try:
            self._threads(request).restore(thread)
        except HomespunError:
            return [*same(), gr.skip(), gr.skip()]
        return self.open(request, thread, model)

    def find(self, request: gr.Request, thread: str, words: str) -> list[Update]:
        """Lists the chats that have these words."""
        return self.talk.listed(request, thread, words)

    def naming(self, request: gr.Request, thread: str) -> list[Update]:
        """Opens the form with what the thread is called now."""
        found = (info.title for info in self._threads(request).listed() if info.name == thread)
        return [gr.update(visible=True), next(found, "")]

    def rename(self, request: gr.Request, thread: str, title: str) -> list[Update]:
        """Calls a thread something else, updates the list and closes the form."""
        try:
            self._threads(request).rename(thread, title)
        except HomespunError as error:
            gr.Warning(str(error), title="Not renamed")
        return [*self.talk.listed(request, thread), gr.update(visible=False)]

    def exporter(self, form: str) -> Callable[[gr.Request, str, str | None], list[Update]]:
        """Returns what gives the open chat in a form, and closes the choice of forms."""

        def work(request: gr.Request, thread: str, model: str | None) -> list[Update]:
            return [self.export(request, thread, model, form), gr.update(visible=False)]

        return work

    def export(self, request: gr.Request, thread: str, model: str | None, form: str) -> dict[str, str]:
        """Returns the open branch of a thread as a file: name, type and content, for the browser to save.

        Args:
            request: who asks.
            thread: the thread's name.
            model: any model.
            form: "Markdown" or "JSON".
        """
        try:
            said = plain(threads.read(self.talk.owned(request, thread, model), thread))
        except HomespunError as error:
            gr.Warning(str(error), title="Not exported")
            return {}
        if form == "JSON":
            text = json.dumps({"thread": thread, "messages": said}, ensure_ascii=False, indent=2) + "\n"
            return {"name": f"{_file(thread)}.json", "type": "application/json", "text": text}
        who = {"user": "You", "assistant": "Model"}
        text = "".join(f"## {who.get(m['role'], m['role'])}\n\n{m['content'].strip()}\n\n" for m in said)
        return {"name": f"{_file(thread)}.md", "type": "text/markdown", "text": text}

    def _threads(self, request: gr.Request) -> Threads:
        return Threads(self.context.state, user_of(self.context, request))

    def _chosen(self, name: str) -> Update:
        """Chooses the model that answered last in a thread, by its name there; "" leaves the choice."""
        if not name:
            return gr.skip()
        # What isn't on offer (deleted since, asked on the command line alone, known there by a provider's own
        # name) gives way to what a fresh page begins with, whatever another chat has left chosen.
        return gr.update(value=name if name in self.context.models else self.context.model)


def _file(thread: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in thread) or "chat"
