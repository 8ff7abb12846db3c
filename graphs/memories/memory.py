"""One thing that is remembered of a user, and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Happening = Literal["kept", "changed", "known", "forgotten"]


@dataclass(frozen=True)
class Memory:
    """A fact in the user's words, or as they edited it.

    Attributes:
        key: Its name in the store; the same fact told again gets the same.
        text: What is remembered.
        about: What it tells, where there's only one of it ("home", "sister's name"); else "".
        thread: Where it was told; "" if it was written by hand.
        changed: When it was told or edited last, with its time zone.
        before: What it said before, the newest last.
    """

    key: str
    text: str
    about: str
    thread: str
    changed: datetime
    before: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """What a turn did to the memories.

    Attributes:
        what: "kept" is new, "changed" replaces another text, "known" changes nothing.
        memory: As it is now, or was when it was forgotten.
    """

    what: Happening
    memory: Memory
