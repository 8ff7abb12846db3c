"""The memory panel of the Chat page: what is remembered of the user, to be seen, changed and forgotten."""

from __future__ import annotations

from typing import Any

import gradio as gr

from apps.pages.context import PageContext
from apps.pages.who import user_of
from graphs.memories.book import Book
from homespun.errors import HomespunError

SHOWN = 200
"""Memories in the panel: the last changed ones."""


class MemoryPanel:
    """The panel's behaviour over one context."""

    def __init__(self, context: PageContext) -> None:
        self.context = context

    def show(self, request: gr.Request) -> list[Any]:
        """Updates the panel's title, the switch, the list and the form, which is closed."""
        title, on, listed = self.refresh(request)
        return [title, on, {**listed, "value": None}, gr.update(visible=False), ""]

    def refresh(self, request: gr.Request) -> list[Any]:
        """Updates the panel's title, the switch and the list; what is being written in the form stays."""
        book = self._book(request)
        known = book.all()
        found = [(memory.text, memory.key) for memory in known[:SHOWN]]
        title = f"Memory ({len(known)})" if known else "Memory"
        return [gr.update(label=title), book.on, gr.update(choices=found, visible=bool(found))]

    def switch(self, request: gr.Request, on: bool) -> None:
        """Keeps the choice."""
        self._book(request).switch(on)

    def pick(self, request: gr.Request, key: str | None) -> list[Any]:
        """Opens the form with a memory's text."""
        try:
            text = self._book(request).get(key or "").text
        except HomespunError:
            return [gr.update(visible=False), ""]
        return [gr.update(visible=True), text]

    def save(self, request: gr.Request, key: str | None, text: str) -> list[Any]:
        """Changes the memory that was picked, or adds one where none was."""
        try:
            book = self._book(request)
            if key:
                book.edit(key, text)
            else:
                book.add(text)
        except HomespunError as error:
            gr.Warning(str(error), title="Not remembered")
        return self.show(request)

    def forget(self, request: gr.Request, key: str | None) -> list[Any]:
        """Forgets the memory that was picked."""
        try:
            self._book(request).delete(key or "")
        except HomespunError as error:
            gr.Warning(str(error), title="Not forgotten")
        return self.show(request)

    def _book(self, request: gr.Request) -> Book:
        if not self.context.memory:
            raise HomespunError("Nothing is remembered here.")
        return Book(self.context.state.store, user_of(self.context, request))
