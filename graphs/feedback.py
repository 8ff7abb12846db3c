"""What users think of answers: a like or a dislike, with a reason if they give one.

Contract: kept in the store, one an answer and user, with the words that were asked and given, so that
it can be learnt from. Feedback goes with its thread.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from graphs.labels import label, unlabel
from graphs.paging import every

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore

MAX_REASON = 2000


@dataclass(frozen=True)
class Feedback:
    """What one user thinks of one answer.

    Attributes:
        liked: Whether it was good.
        question: What was asked.
        answer: What was answered.
        model: By which model, "" where nobody noted it.
        reason: Why; "" if it isn't told.
    """

    liked: bool
    question: str
    answer: str
    model: str = ""
    reason: str = ""


class FeedbackBook:
    """The feedback of one user.

    Args:
        store: Where they are kept.
        user: Whose they are.
    """

    def __init__(self, store: BaseStore, user: str) -> None:
        self._store, self._user = store, user

    def put(self, thread: str, message: str, feedback: Feedback) -> None:
        """Keeps feedback on the message of this id, in place of an older one."""
        value: dict[str, Any] = asdict(feedback)
        value["reason"] = " ".join(feedback.reason.split())[:MAX_REASON]
        self._store.put(("feedback", label(self._user), label(thread)), message, value, index=False)

    def drop(self, thread: str, message: str) -> None:
        """Takes feedback back."""
        self._store.delete(("feedback", label(self._user), label(thread)), message)

    def clear(self, thread: str) -> None:
        """Takes all feedback on a thread's answers back."""
        for item in list(every(self._store, ("feedback", label(self._user), label(thread)))):
            self._store.delete(item.namespace, item.key)

    def of(self, thread: str) -> dict[str, Feedback]:
        """Returns the feedback on a thread's answers, by the id of the message."""
        place = ("feedback", label(self._user), label(thread))
        return {item.key: Feedback(**item.value) for item in every(self._store, place)}

    def all(self) -> list[tuple[str, str, Feedback, datetime]]:
        """Returns thread, message, feedback and when it was told, for all threads, the newest first."""
        found = [
            (unlabel(item.namespace[2]), item.key, Feedback(**item.value), item.updated_at)
            for item in every(self._store, ("feedback", label(self._user)))
        ]
        return sorted(found, key=lambda row: row[3], reverse=True)
