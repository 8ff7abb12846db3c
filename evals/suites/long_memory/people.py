"""Generated users: three facts that each tells, what changes of them later, the questions, somebody else.

Contract: user number i of a seed depends on nothing but the two. Every second one changes a fact in a second
thread, a third tells in a roundabout way, and no two of a hundred have one first name. The other person is
user number i + 1, who tells facts of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any

from evals.sample import Sample, digest
from evals.suites.chat_memory.dialogues import WORDINGS, tell, unlike
from evals.suites.chat_memory.facts import Fact, Value, draw
from evals.suites.chat_memory.phrasebook import fill, kinds, read_sections, small_talk, values

FACTS = 3
"""Facts that a user tells."""


@dataclass(frozen=True)
class Lines:
    """What users say of one kind of fact in later threads.

    Attributes:
        change: ways to say that it isn't as it was.
        ask: ways to ask for it.
    """

    change: tuple[str, ...]
    ask: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    """A user.

    Attributes:
        facts: what they told first.
        told: that, as they said it, with small talk in between.
        wording: "plain" or "roundabout".
    """

    facts: tuple[Fact, ...]
    told: tuple[str, ...]
    wording: str


@cache
def lines() -> Mapping[str, Lines]:
    """Returns what is said in later threads, by the kind of fact."""
    return {name: Lines(**parts) for name, parts in read_sections(__package__, "lines").items()}


def person(seed: int, number: int) -> Person:
    """Returns a user."""
    rng = _random(seed, number, "person")
    wording = WORDINGS[number // 2 % 3]
    facts = [draw(rng, kind) for kind in rng.sample(list(kinds()), FACTS)]
    names = values()["person"]
    first = _random(seed, "names").sample(names, len(names))[number % len(names)]
    facts = [replace(fact, value=Value(first, (first,))) if fact.kind == "name" else fact for fact in facts]
    told: list[str] = []
    for fact, talk in zip(facts, rng.sample(small_talk(), FACTS), strict=True):
        told += (tell(rng, fact, wording), talk)
    return Person(tuple(facts), tuple(told[:-1]), wording)


def acquaintance(seed: int, number: int) -> Sample:
    """Returns one user with somebody else.

    Its input is ``{"told": [[what the user says in a thread…]…], "other": [what somebody else says…], "asks":
    [questions…]}``, its target ``{"asks": [{"kind", "accept", "reject", "changed"}…]}``, one a question.
    """
    user, other = person(seed, number), person(seed, number + 1)
    rng = _random(seed, number, "later")
    told = [list(user.told)]
    facts: list[tuple[Fact, Fact | None]] = [(fact, None) for fact in user.facts]
    if number % 2:
        at = rng.randrange(FACTS)
        old = user.facts[at]
        new = unlike(rng, old)
        facts[at] = (new, old)
        slots = {"k": old.of, "v": new.value.text, "old": old.value.text}
        told.append([rng.choice(small_talk()), fill(rng.choice(lines()[old.kind].change), slots)])
    rng.shuffle(facts)
    name = f"s{seed}-{number:04d}"
    return Sample(
        id=name,
        input={
            "told": told,
            "other": list(other.told),
            "asks": [fill(rng.choice(lines()[fact.kind].ask), {"k": fact.of}) for fact, _ in facts],
        },
        target={"asks": [_target(fact, old) for fact, old in facts]},
        group=name,
        tags={"case": "changed" if number % 2 else "as told", "wording": user.wording},
    )


def _target(fact: Fact, old: Fact | None) -> dict[str, Any]:
    rejected: Sequence[str] = old.value.accept if old is not None else ()
    return {
        "kind": fact.kind,
        "accept": list(fact.value.accept),
        "reject": [{"text": form, "of": []} for form in rejected],
        "changed": old is not None,
    }


def _random(*parts: Any) -> Random:
    return Random(int(digest("long_memory", *parts)[:16], 16))
