"""A conversation in the making: messages so far, the user's voice, what the user told, what was recalled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from finetune.data.conversations.grammar import expand, punctuate, sentence_case
from finetune.data.conversations.style import Voice, restyle
from finetune.data.conversations.words import lines

Pattern = str | Sequence[str]


@dataclass(slots=True)
class Talk:
    """One conversation.

    Attributes:
        rng: the only source of chance.
        voice: how this user types.
        messages: the conversation so far.
        name: what the assistant is called (a system message may change it).
        user_name: the user's name, if it was told.
        facts: key of a fact → value, as told by the user or the system message.
        recalls: (index of a message, value) for every told value which that message repeats.
        asked: (index of a user's message, value) for every fact that it asks for; "" for one never told.
        about: what is being talked about, by which the user's next messages are called.
        intents: index of a user's message → what it's about.
    """

    rng: Random
    voice: Voice
    messages: list[dict[str, Any]] = field(default_factory=list)
    name: str = "Homespun"
    user_name: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    recalls: list[tuple[int, str]] = field(default_factory=list)
    asked: list[tuple[int, str]] = field(default_factory=list)
    about: str = ""
    intents: dict[int, str] = field(default_factory=dict)

    @property
    def turns(self) -> int:
        """Number of user lines so far."""
        return sum(message["role"] == "user" for message in self.messages)

    def chance(self, share: float) -> bool:
        """True with probability ``share``."""
        return self.rng.random() < share

    def system(self, text: str) -> None:
        """Open with a system message."""
        self.messages.append({"role": "system", "content": text})

    def user(self, pattern: Pattern, slots: dict[str, str] | None = None, *, exact: bool = False) -> str:
        """Add a user's line in the user's voice and return it."""
        text = expand(pattern, self.rng, slots, mark=True)
        if not exact and self.chance(self.voice.wordy) and len(text.split()) > 3:
            if text.endswith("?") and self.chance(0.4):
                text = f"{text} {expand(lines('wordy_after'), self.rng)}"
            else:
                before = "wordy_question" if text.endswith("?") and self.chance(0.3) else "wordy_before"
                text = f"{expand(lines(before), self.rng)} {text}"
        text = restyle(text, self.voice, self.rng, exact=exact)
        if self.name != "Homespun":
            text = text.replace("Homespun", self.name).replace("homespun", self.name.lower())
        if self.about:
            self.intents[len(self.messages)] = self.about
        self.messages.append({"role": "user", "content": text})
        return text

    def assistant(self, pattern: Pattern, slots: dict[str, str] | None = None, *, raw: bool = False) -> str:
        """Add the assistant's reply and return it; ``raw`` keeps the case of its letters."""
        slots = {} if slots is None else slots
        slots.setdefault("me", self.name)
        text = expand(pattern, self.rng, slots)
        if not raw:
            text = punctuate(sentence_case(text))
            if self.user_name and self.chance(0.3):
                text = self._with_name(text)
        self.messages.append({"role": "assistant", "content": text})
        return text

    def _with_name(self, text: str) -> str:
        """Greet or part by name, now and then."""
        for word in (
            "Goodbye!",
            "Good night!",
            "You're welcome!",
            "Welcome back!",
            "Good morning!",
            "Thank you!",
        ):
            if text.startswith(word):
                self.recalls.append((len(self.messages), self.user_name))
                return f"{word[:-1]}, {self.user_name}!{text[len(word) :]}"
        return text

    def pair(
        self,
        users: Pattern,
        replies: Pattern,
        slots: dict[str, str] | None = None,
        *,
        exact: bool = False,
        raw: bool = False,
    ) -> None:
        """One exchange; slots drawn in the question are shared with the answer."""
        slots = {} if slots is None else slots
        slots.setdefault("me", self.name)
        self.user(users, slots, exact=exact)
        self.assistant(replies, slots, raw=raw)

    def asks(self, value: str = "") -> None:
        """Note that the latest message asks for this value, or for what was never told."""
        self.asked.append((len(self.messages) - 1, value))

    def recall(self, *values: str) -> None:
        """Note that the latest message repeats values told earlier."""
        self.recalls.extend((len(self.messages) - 1, value) for value in values)
