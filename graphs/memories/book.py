"""A user's memories over a LangGraph store: kept, recalled by meaning, edited, forgotten.

Contract: works on any `BaseStore`; one with an index is searched by meaning, another gives what's newest. A
book sees its own user's memories alone. Calls are synchronous: an event loop runs them in a thread. Two that
tell the same of a thing there's one of ("home") can't both stay, whichever process wrote them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from langgraph.store.base import PutOp

from graphs.labels import label
from graphs.memories.memory import Change, Memory
from graphs.memories.statements import Statement, statements
from graphs.paging import every
from homespun.errors import UnknownName, UsageError

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore, Item

FEW = 24
"""So many memories are all shown to a model; of more, those that are nearest to the question."""
RECALLED = 12
"""How many these are."""
ASKED = 160
"""Characters of a message that are looked for: its last, where the question stands."""
MAX_TEXT = 500
"""Characters of a memory."""
MAX_BEFORE = 20
SAME = 0.95
"""Cosine from which on two sentences with the same names and numbers say the same."""
NEAR = 0.5
"""Cosine from which on a sentence that tells of a change is about the same thing."""
_CHANGES = re.compile(
    r"\b(?:now|nowadays|these days|any ?more|any longer|no longer|instead|changed?|switched|moved|another|"
    r"got a new|replaced|swapped|used to)\b",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"(?:everything|all|it all|all of (?:it|that))(?: (?:about me|(?:that )?(?:i|you) \w+(?: \w+){0,3}))?",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[A-Z]\w*|\d+")
_WORDS = re.compile(r"\w+")


class Book:
    """The memories of one user.

    Args:
        store: Where they are kept.
        user: Whose they are.
    """

    def __init__(self, store: BaseStore, user: str) -> None:
        self._store = store
        self._place = ("memories", label(user))
        self._settings = ("settings", label(user))

    @property
    def on(self) -> bool:
        """Whether anything is to be remembered and recalled; the user's choice, kept in the store."""
        item = self._store.get(self._settings, "memory")
        return item is None or bool(item.value.get("on", True))

    def switch(self, on: bool) -> None:
        """Keeps the user's choice; what is remembered already stays."""
        self._store.put(self._settings, "memory", {"on": on}, index=False)

    def all(self) -> list[Memory]:
        """Returns all memories, the last changed first."""
        found = map(_memory, every(self._store, self._place))
        return sorted(found, key=lambda memory: memory.changed, reverse=True)

    def recall(self, question: str, *, few: int = FEW, limit: int = RECALLED) -> list[Memory]:
        """Returns what is to be known for a question, the oldest first.

        Args:
            question: The user's message.
            few: So many memories are all returned.
            limit: Of more, so many: those nearest in meaning.
        """
        found = self._store.search(self._place, limit=few + 1)
        if len(found) > few:
            found = self._store.search(self._place, query=_end(question) or None, limit=limit)
            if all(item.score is None for item in found):  # nothing to search by: what was told last
                return self.all()[:limit][::-1]
        return sorted((_memory(item) for item in found), key=lambda memory: memory.changed)

    def keep(self, statements: Iterable[Statement], thread: str = "") -> list[Change]:
        """Takes up what was told, in its order.

        Args:
            statements: What is worth keeping.
            thread: Where it was told.
        """
        return [self._keep(statement.text, statement.about, thread) for statement in statements]

    def add(self, text: str) -> Change:
        """Takes up a fact that the user wrote into the book.

        Raises:
            UsageError: If it's empty or too long.
        """
        text = _checked(text)
        return self._keep(text, _about(text), "")

    def edit(self, key: str, text: str) -> Memory:
        """Changes what a memory says.

        Raises:
            UnknownName: If there is no such memory.
            UsageError: If the text is empty or too long.
        """
        old = self.get(key)
        text = _checked(text)
        return self._moved(old, text, _about(text), old.thread)

    def get(self, key: str) -> Memory:
        """Returns a memory.

        Raises:
            UnknownName: If there is none of that key.
        """
        item = self._store.get(self._place, key)
        if item is None:
            raise UnknownName(f"There is no memory {key!r}.")
        return _memory(item)

    def delete(self, key: str) -> Memory:
        """Forgets a memory and returns what it was.

        Raises:
            UnknownName: If there is none of that key.
        """
        old = self.get(key)
        self._store.delete(self._place, key)
        return old

    def clear(self) -> int:
        """Forgets everything; returns how much it was."""
        old = self.all()
        for memory in old:
            self._store.delete(self._place, memory.key)
        return len(old)

    def forget(self, what: str) -> list[Change]:
        """Forgets what a user's words mean: the memories that have all of their telling words, or all."""
        wanted = {word for word in _words(what) if word not in _COMMON}
        if _ALL.fullmatch(what.strip(" .!")):
            return [Change("forgotten", self.delete(memory.key)) for memory in self.all()]
        gone = []
        for memory in self.all() if wanted else ():
            has = _words(f"{memory.text} {memory.about}")
            if all(any(word.startswith(stem) or stem.startswith(word) for stem in has) for word in wanted):
                gone.append(Change("forgotten", self.delete(memory.key)))
        return gone

    def _keep(self, text: str, about: str, thread: str) -> Change:
        text = text.strip()[:MAX_TEXT]
        key = _key(about or _normal(text))
        item = self._store.get(self._place, key)
        if item is None:
            item = self._alike(text, about)
        if item is None:
            return Change("kept", self._put(key, text, about, thread))
        old = _memory(item)
        if _normal(old.text) == _normal(text):
            return Change("known", self._put(old.key, old.text, old.about, thread, old.before))
        return Change("changed", self._moved(old, text, about or old.about, thread))

    def _alike(self, text: str, about: str) -> Item | None:
        """The memory that says the same in nearly the same words, or that is changed by this one."""
        nearest = self._store.search(self._place, query=text, limit=1)
        if not nearest or (score := nearest[0].score) is None:
            return None
        item = nearest[0]
        old = item.value
        if not about and not old["about"] and score >= SAME and _marks(old["text"]) == _marks(text):
            return item
        one_thing = not about or not old["about"] or about == old["about"]
        return item if one_thing and score >= NEAR and _CHANGES.search(text) else None

    def _moved(self, old: Memory, text: str, about: str, thread: str) -> Memory:
        """Puts another text in a memory's place; from now on it's known by what it tells."""
        key = _key(about) if about else old.key if not old.about else _key(_normal(text))
        told = [*old.before, old.text][-MAX_BEFORE:]
        if key != old.key:
            value = {"text": text, "about": about, "thread": thread, "before": told}
            # At once: a process that ends in between loses nothing.
            self._store.batch(
                [PutOp(self._place, old.key, None), PutOp(self._place, key, value, index=["text"])]
            )
            return self.get(key)
        return self._put(key, text, about, thread, told)

    def _put(self, key: str, text: str, about: str, thread: str, before: Sequence[str] = ()) -> Memory:
        value: dict[str, Any] = {"text": text, "about": about, "thread": thread, "before": list(before)}
        self._store.put(self._place, key, value, index=["text"])
        return self.get(key)


def _memory(item: Item) -> Memory:
    value = item.value
    return Memory(
        item.key, value["text"], value["about"], value["thread"], item.updated_at, tuple(value["before"])
    )


def _end(message: str) -> str:
    """The last words of a message, from a word's beginning on."""
    text = " ".join(message.split())
    return text if len(text) <= ASKED else text[-ASKED:].partition(" ")[2]


def _about(text: str) -> str:
    found = statements(text)
    return found[0].about if len(found) == 1 else ""


def _checked(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise UsageError("There is nothing to remember in an empty text.")
    if len(text) > MAX_TEXT:
        raise UsageError(f"A memory has at most {MAX_TEXT} characters, not {len(text):,}.")
    return text


def _key(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=8).hexdigest()


def _normal(text: str) -> str:
    return " ".join(_WORDS.findall(text.casefold()))


def _words(text: str) -> set[str]:
    return set(_WORDS.findall(text.casefold().replace("'s", "")))


def _marks(text: str) -> set[str]:
    return set(_MARKS.findall(text))


_COMMON = frozenset(
    _WORDS.findall(
        "a about am an and are at be been called do everything from have he i in is it its live m me mine my "
        "name of on our s she that the they to told was we what where which who with you your"
    )
)
"""Words that don't tell which memory is meant."""
