"""The threads in a file: which there are, and what can be done with a whole one.

Contract: works on what `open_checkpointer` gives. Names of threads are the user's: one line of at most 128
printable characters.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from homespun.errors import UnknownName, UsageError
from homespun.names import unknown

if TYPE_CHECKING:
    from langchain_core.messages import AnyMessage
    from langgraph.checkpoint.base import CheckpointTuple
    from langgraph.checkpoint.sqlite import SqliteSaver

MAX_NAME = 128
# The newest of a thread's checkpoints have all that it needs, and each holds the whole thread.
KEPT = 8


@dataclass(frozen=True)
class ThreadInfo:
    """One line of a listing.

    Attributes:
        name: the thread's id.
        title: the beginning of its first question.
        messages: how many there are, of both sides.
        updated: when it last changed, with its time zone.
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
        UsageError: if it's empty, too long, has a space at an end or holds what can't be printed.
    """
    if not name or len(name) > MAX_NAME or name != name.strip() or not name.isprintable():
        raise UsageError(
            f"A thread's name is 1 to {MAX_NAME} printable characters on one line, not {name[:40]!r}."
        )
    return name


def list_threads(saver: SqliteSaver) -> list[ThreadInfo]:
    """Returns all threads, the last changed first."""
    found = [_info(name, held) for name in _names(saver) if (held := _newest(saver, name)) is not None]
    return sorted(found, key=lambda info: info.updated, reverse=True)


def read_thread(saver: SqliteSaver, name: str) -> list[AnyMessage]:
    """Returns a thread's messages.

    Raises:
        UnknownName: if there is no such thread; the line names the nearest.
    """
    return _messages(_held(saver, name))


def delete_thread(saver: SqliteSaver, name: str) -> None:
    """Removes a thread and all its checkpoints.

    Raises:
        UnknownName: if there is no such thread.
    """
    _held(saver, name)
    saver.delete_thread(name)


def fork_thread(saver: SqliteSaver, name: str, new: str, *, at: int | None = None) -> int:
    """Copies a thread, or its first `at` messages, to a new name.

    Returns:
        How many messages the copy has.

    Raises:
        UnknownName: if there is no thread `name`.
        UsageError: if `new` is taken or can't be a name, or the thread hasn't `at` messages.
    """
    held = _held(saver, name)
    messages = _messages(held)
    if _newest(saver, check_name(new)) is not None:
        raise UsageError(f"There is a thread {new!r} already. Choose another name.")
    if at is not None and not 1 <= at <= len(messages):
        raise UsageError(f"The thread {name!r} has {len(messages)} messages; it can't be cut after {at}.")
    kept = messages[:at]
    values = {**held.checkpoint["channel_values"], "messages": kept}
    saver.put(
        {"configurable": {"thread_id": new, "checkpoint_ns": ""}},
        {**held.checkpoint, "channel_values": values},
        {**held.metadata, "source": "fork"},
        held.checkpoint["channel_versions"],
    )
    return len(kept)


def prune(saver: SqliteSaver, name: str, *, keep: int = KEPT) -> int:
    """Removes all but the newest checkpoints of a thread: n turns would otherwise take space as n².

    Returns:
        How many checkpoints were removed.
    """
    with saver.cursor() as cursor:
        cursor.execute(
            "SELECT checkpoint_id FROM checkpoints WHERE thread_id = ? AND checkpoint_ns = '' "
            "ORDER BY checkpoint_id DESC LIMIT -1 OFFSET ?",
            (name, keep),
        )
        old = [(name, row[0]) for row in cursor.fetchall()]
        for table in ("checkpoints", "writes"):
            cursor.executemany(
                f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_ns = '' AND checkpoint_id = ?", old
            )
    return len(old)


def _names(saver: SqliteSaver) -> Sequence[str]:
    with saver.cursor(transaction=False) as cursor:
        cursor.execute("SELECT DISTINCT thread_id FROM checkpoints WHERE checkpoint_ns = ''")
        return [row[0] for row in cursor.fetchall()]


def _newest(saver: SqliteSaver, name: str) -> CheckpointTuple | None:
    return saver.get_tuple({"configurable": {"thread_id": name, "checkpoint_ns": ""}})


def _held(saver: SqliteSaver, name: str) -> CheckpointTuple:
    held = _newest(saver, name)
    if held is None:
        raise UnknownName(unknown("thread", name, _names(saver)))
    return held


def _messages(held: CheckpointTuple) -> list[AnyMessage]:
    return list(held.checkpoint["channel_values"].get("messages", []))


def _info(name: str, held: CheckpointTuple) -> ThreadInfo:
    messages = _messages(held)
    first = next((message.text for message in messages if message.type == "human"), "")
    title = " ".join(first.split())
    return ThreadInfo(
        name=name,
        title=title if len(title) <= 60 else title[:59] + "…",
        messages=len(messages),
        updated=datetime.fromisoformat(held.checkpoint["ts"]),
    )
