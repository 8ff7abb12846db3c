"""A user's threads: which there are, what they're called, and what can be done with a whole one.

Contract: works on what `open_state` gives. A register says whose a thread is; one that doesn't stand there (a
script's, an older file's) is the local user's. Nobody sees another's. Names are one line of at most 128
printable characters. A deleted thread can be taken back until `purge`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from graphs.chatbot.state import LOCAL
from graphs.feedback import FeedbackBook
from graphs.paging import every
from homespun.errors import UnknownName, UsageError
from homespun.names import unknown

if TYPE_CHECKING:
    from langchain_core.messages import AnyMessage
    from langgraph.checkpoint.base import CheckpointTuple

    from graphs.persistence import State

MAX_NAME = 128
MAX_TITLE = 80
UNDO = timedelta(days=1)
"""How long a deleted thread can be taken back."""
_PLACE = ("threads",)


@dataclass(frozen=True)
class ThreadInfo:
    """One line of a listing.

    Attributes:
        name: The thread's id.
        title: What its user called it, or the beginning of its first question.
        messages: How many there are, of both sides.
        updated: When it last changed, with its time zone.
    """

    name: str
    title: str
    messages: int
    updated: datetime


def new_name() -> str:
    """Returns a name for a new thread."""
    return secrets.token_hex(4)


def check_name(name: str) -> str:
    """Returns `name` if a thread may be called that.

    Raises:
        UsageError: If it's empty, too long, has a space at an end or holds what can't be printed.
    """
    if not name or len(name) > MAX_NAME or name != name.strip() or not name.isprintable():
        raise UsageError(
            f"A thread's name is 1 to {MAX_NAME} printable characters on one line, not {name[:40]!r}."
        )
    return name


class Threads:
    """The threads of one user.

    Args:
        state: Where they are kept.
        user: Whose they are.
    """

    def __init__(self, state: State, user: str = LOCAL) -> None:
        self._state, self._saver, self._user = state, state.saver, user

    def listed(self) -> list[ThreadInfo]:
        """Returns all threads but the deleted ones, the last changed first."""
        found = [self._info(name) for name in self._names()]
        return sorted(filter(None, found), key=lambda info: info.updated, reverse=True)

    def search(self, words: str) -> list[ThreadInfo]:
        """Returns the threads in whose title or messages all of these words are, the last changed first."""
        wanted = words.casefold().split()
        return [info for info in self.listed() if all(word in self._text(info) for word in wanted)]

    def read(self, name: str) -> list[AnyMessage]:
        """Returns a thread's messages.

        Raises:
            UnknownName: If the user has no such thread; the line names the nearest.
        """
        return _messages(self._held(name))

    def is_mine(self, name: str) -> bool:
        """Whether a name is free for this user: a thread of theirs, or of nobody's yet."""
        entry = self._entry(name)
        if entry is None:
            return self._user == LOCAL or self._newest(name) is None
        return entry["owner"] == self._user and "deleted" not in entry

    def open(self, name: str) -> str:
        """Takes a new name into the register, so that the thread is this user's; returns the name.

        Raises:
            UsageError: If it can't be a name, or the thread is another user's, or was deleted.
        """
        check_name(name)
        with self._state.claims:
            entry = self._entry(name)
            if entry is not None and entry["owner"] == self._user and "deleted" in entry:
                raise UsageError(f"The thread {name!r} was deleted: homespun threads restore {name}")
            if not self.is_mine(name):
                raise UsageError(f"The name {name!r} is taken. Choose another one.")
            if entry is None:
                _write(self._state, name, {"owner": self._user})
        return name

    def rename(self, name: str, title: str) -> None:
        """Calls a thread something else; an empty title gives back the one of its first question.

        Raises:
            UnknownName: If there is no such thread.
        """
        self._held(name)
        self._note(name, title=" ".join(title.split())[:MAX_TITLE])

    def delete(self, name: str) -> None:
        """Puts a thread away; `restore` takes it back.

        Raises:
            UnknownName: If there is no such thread.
        """
        self._held(name)
        self._note(name, deleted=datetime.now(UTC).isoformat())

    def restore(self, name: str) -> None:
        """Takes a deleted thread back.

        Raises:
            UnknownName: If no thread of this name was deleted.
        """
        entry = self._entry(name)
        if entry is None or entry["owner"] != self._user or "deleted" not in entry:
            raise UnknownName(f"No thread {name!r} was deleted.")
        self._note(name, deleted=None)

    def fork(self, name: str, new: str, *, at: int | None = None) -> int:
        """Copies a thread with all its branches, or its first `at` messages alone, to a new name.

        Returns:
            How many messages the copy has.

        Raises:
            UnknownName: If there is no thread `name`.
            UsageError: If `new` is taken or can't be a name, or the thread hasn't `at` messages.
        """
        held = self._held(name)
        messages = _messages(held)
        if at is not None and not 1 <= at <= len(messages):
            raise UsageError(f"The thread {name!r} has {len(messages)} messages; it can't be cut after {at}.")
        if self._entry(check_name(new)) is not None or self._newest(new) is not None:
            raise UsageError(f"There is a thread {new!r} already. Choose another name.")
        self.open(new)
        self._note(new, title=(self._entry(name) or {}).get("title"))
        if at is None:
            self._saver.copy_thread(name, new)
        else:
            self._cut(held, new, at)
        return len(messages[:at])

    def _cut(self, held: CheckpointTuple, new: str, at: int) -> None:
        values = {"messages": _messages(held)[:at]}
        self._saver.put(
            {"configurable": {"thread_id": new, "checkpoint_ns": ""}},
            {**held.checkpoint, "channel_values": values},
            {**held.metadata, "source": "fork"},
            held.checkpoint["channel_versions"],
        )

    def _names(self) -> Sequence[str]:
        entries = dict(_register(self._state))
        own = [n for n, entry in entries.items() if entry["owner"] == self._user and "deleted" not in entry]
        if self._user != LOCAL:
            return own
        return [*own, *(name for name in _all(self._saver) if name not in entries)]

    def _info(self, name: str) -> ThreadInfo | None:
        held = self._newest(name)
        if held is None:
            return None
        messages = _messages(held)
        title = (self._entry(name) or {}).get("title") or _title(messages)
        return ThreadInfo(name, title, len(messages), datetime.fromisoformat(held.checkpoint["ts"]))

    def _text(self, info: ThreadInfo) -> str:
        held = self._newest(info.name)
        said = " ".join(message.text for message in _messages(held)) if held is not None else ""
        return f"{info.title} {info.name} {said}".casefold()

    def _held(self, name: str) -> CheckpointTuple:
        entry = self._entry(name) or {"owner": LOCAL}
        mine = entry["owner"] == self._user and "deleted" not in entry
        held = self._newest(name) if mine else None
        if held is None:
            raise UnknownName(unknown("thread", name, self._names()))
        return held

    def _newest(self, name: str) -> CheckpointTuple | None:
        return self._saver.get_tuple({"configurable": {"thread_id": name, "checkpoint_ns": ""}})

    def _entry(self, name: str) -> dict[str, Any] | None:
        item = self._state.store.get(_PLACE, name)
        return dict(item.value) if item is not None else None

    def _note(self, name: str, **what: str | None) -> None:
        entry = {**(self._entry(name) or {"owner": self._user}), **what}
        _write(self._state, name, {key: value for key, value in entry.items() if value is not None})


def purge(state: State, older: timedelta = UNDO, only: Sequence[str] | None = None) -> int:
    """Removes for good what any user deleted longer ago than `older`; returns how many threads.

    The feedback on them goes too; memories stay, they are the user's.

    Args:
        state: Where they are kept.
        older: How long deleted threads are kept.
        only: Names of threads; None is all.
    """
    before = datetime.now(UTC) - older
    gone = [
        (name, str(entry["owner"]))
        for name, entry in _register(state)
        if "deleted" in entry
        and (only is None or name in only)
        and datetime.fromisoformat(entry["deleted"]) <= before
    ]
    for name, owner in gone:
        state.saver.delete_thread(name)
        FeedbackBook(state.store, owner).clear(name)
        state.store.delete(_PLACE, name)
    return len(gone)


def _register(state: State) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((item.key, dict(item.value)) for item in every(state.store, _PLACE))


def _write(state: State, name: str, entry: dict[str, Any]) -> None:
    state.store.put(_PLACE, name, entry, index=False)


def _all(saver: Any) -> Sequence[str]:
    # Our own saver has a quick way; another's newest checkpoints tell it too.
    if hasattr(saver, "threads"):
        return list(saver.threads())
    return list(dict.fromkeys(str(held.config["configurable"]["thread_id"]) for held in saver.list(None)))


def _messages(held: CheckpointTuple) -> list[AnyMessage]:
    return list(held.checkpoint["channel_values"].get("messages", []))


def _title(messages: Sequence[AnyMessage]) -> str:
    first = next((message.text for message in messages if message.type == "human"), "")
    title = " ".join(first.split())
    return title if len(title) <= 60 else title[:59] + "…"
