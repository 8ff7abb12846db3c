"""What users think of answers: a like or a dislike, with a reason if they give one.

Contract: kept in the store, one opinion an answer and user, with the words that were asked and given, so that
it can be learnt from. Opinions go with their thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from graphs.labels import label, unlabel

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore

MAX_REASON = 2000
_PAGE = 500


@dataclass(frozen=True)
class Opinion:
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


class Opinions:
    """The opinions of one user.

    Args:
        store: Where they are kept.
        user: Whose they are.
    """

    def __init__(self, store: BaseStore, user: str) -> None:
        self._store, self._user = store, user

    def put(self, thread: str, message: str, opinion: Opinion) -> None:
        """Keeps an opinion on the message of this id, in place of an older one."""
        value: dict[str, Any] = asdict(opinion)
        value["reason"] = " ".join(opinion.reason.split())[:MAX_REASON]
        self._store.put(("opinions", label(self._user), label(thread)), message, value, index=False)

    def drop(self, thread: str, message: str) -> None:
        """Takes an opinion back."""
        self._store.delete(("opinions", label(self._user), label(thread)), message)

    def clear(self, thread: str) -> None:
        """Takes all opinions on a thread's answers back."""
        for item in self._pages(("opinions", label(self._user), label(thread))):
            self._store.delete(item.namespace, item.key)

    def of(self, thread: str) -> dict[str, Opinion]:
        """Returns the opinions on a thread's answers, by the id of the message."""
        place = ("opinions", label(self._user), label(thread))
        return {item.key: Opinion(**item.value) for item in self._pages(place)}

    def all(self) -> list[tuple[str, str, Opinion, datetime]]:
        """Returns thread, message, opinion and when it was told, for all threads, the newest first."""
        found = [
            (unlabel(item.namespace[2]), item.key, Opinion(**item.value), item.updated_at)
            for item in self._pages(("opinions", label(self._user)))
        ]
        return sorted(found, key=lambda row: row[3], reverse=True)

    def _pages(self, place: tuple[str, ...]) -> Sequence[Any]:
        found: list[Any] = []
        while page := self._store.search(place, limit=_PAGE, offset=len(found)):
            found += page
            if len(page) < _PAGE:
                break
        return found
