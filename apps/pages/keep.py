"""Keeping a turn of a chat as a sample: what the Chat page's small form does.

Contract: `choices` says which questions of a thread can be kept, `keep` keeps one and says so in one line;
trouble is that one line too. Where the page is served to others there is no such form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import BaseMessage

from apps.pages import threads
from apps.pages.answer import one_line
from apps.pages.context import PageContext
from apps.signature import answered_by
from graphs.threads import Threads
from homespun.errors import UnknownName

NOT_HERE = "Samples can be kept only where the suite is served to this machine alone."
ROLES = {"human": "user", "ai": "assistant"}


class Keep:
    """The form's behaviour over one context."""

    def __init__(self, context: PageContext) -> None:
        self.context = context

    def choices(self, thread: str, model: str | None) -> tuple[list[tuple[str, int]], str]:
        """Returns the answered questions of a thread and their numbers, and a line if there are none."""
        if self.context.keep is None:
            return [], NOT_HERE
        try:
            said = plain(self._read(thread, model))
        except Exception as error:
            return [], one_line(error)
        found, number = [], 0
        for place, message in enumerate(said):
            if message["role"] != "user":
                continue
            number += 1
            if place + 1 < len(said) and said[place + 1]["role"] == "assistant":
                found.append((_short(f"{number}. {message['content']}"), number))
        return found, "" if found else "Nothing in this chat has been answered yet."

    def keep(
        self, thread: str, model: str | None, at: int | None, accept: str, reject: str, note: str
    ) -> tuple[bool, str]:
        """Keeps a question and returns whether the form has done its work, and what to say."""
        if self.context.keep is None:
            return False, NOT_HERE
        try:
            new = self.context.keep(
                plain(self._read(thread, model)),
                at,
                accept=_lines(accept),
                reject=_lines(reject),
                note=note.strip(),
                thread=thread,
            )
        except Exception as error:
            return False, one_line(error)
        where = "The suite “recorded” on the page Evals asks it again."
        return True, f"Kept. {where}" if new else f"That question was kept already. {where}"

    def _read(self, thread: str, model: str | None) -> Sequence[BaseMessage]:
        if not Threads(self.context.state).is_mine(thread):
            raise UnknownName(f"There is no chat {thread!r}.")
        return threads.read(self.context.graph(model or self.context.model), thread)


def plain(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """Returns messages as recordings have them: role, text and, for an answer, the model."""
    found = []
    for message in messages:
        entry: dict[str, Any] = {"role": ROLES.get(message.type, message.type), "content": str(message.text)}
        if name := answered_by(message):
            entry["model"] = name
        found.append(entry)
    return [one for one in found if one["role"] in ("user", "assistant", "system")]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"
