"""Generated dialogues: facts told, other people's facts among them, corrections, small talk, the question.

Contract: dialogue number i of a seed depends on nothing but the two, so a longer run begins with the same
dialogues. Number i has distance ``DISTANCES[i % 3]``, case ``CASES[i // 3 % 5]`` and wording
``WORDINGS[i // 15 % 3]``, so that all of them meet equally often: two thirds are told and asked plainly, one
third in a roundabout way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from evals.sample import Sample, digest
from evals.suites.chat_memory.facts import FAMILIES, Fact, draw, known
from evals.suites.chat_memory.phrasebook import fill, kinds, small_talk, values

DISTANCES = (0, 2, 10)
"""Turns of small talk between the last fact and the first question."""
CASES = ("plain", "others", "corrected", "several", "never told")

WORDINGS = ("plain", "plain", "roundabout")


def dialogue(seed: int, number: int) -> Sample:
    """Returns one dialogue.

    Its input is ``{"turns": [what the user says…]}``, its target ``{"asks": [{"turn", "accept", "reject",
    "known", "kind", "corrected"}…]}``.
    """
    rng = Random(int(digest("chat_memory", seed, number)[:16], 16))
    distance, case = DISTANCES[number % 3], CASES[number // 3 % 5]
    wording = WORDINGS[number // 15 % 3]
    facts = _facts(rng, {"several": rng.choice((3, 4)), "plain": 1}.get(case, rng.choice((1, 1, 2))))
    asked = facts[0]
    turns: list[str] = []
    asks: list[dict[str, Any]] = []
    if case == "never told":
        asked, facts = _missing(rng, facts)
        turns = [tell(rng, fact, wording) for fact in facts]
        reject = _others(rng, asked, turns) if rng.random() < 0.5 else []
        rng.shuffle(turns)
        asks.append(_ask(asked, [], reject))
    else:
        order = rng.sample(facts, len(facts))
        turns = [tell(rng, fact, wording) for fact in order]
        reject = []
        if case == "corrected":
            asked, old = _corrected(rng, asked, turns, order.index(asked))
            reject = [{"text": form, "of": []} for form in old.value.accept]
        elif case == "others" or (case == "several" and rng.random() < 0.5):
            reject = _others(rng, asked, turns)
        asks.append(_ask(asked, asked.value.accept, reject, corrected=case == "corrected"))
    turns += rng.sample(small_talk(), distance)
    asked_facts = [asked]
    if case == "several":
        asked_facts.append(facts[1])
        asks.append(_ask(facts[1], facts[1].value.accept, []))
    for fact, ask in zip(asked_facts, asks, strict=True):
        ask["turn"] = len(turns)
        kind = kinds()[fact.kind]
        lines = kind.ask_plain if wording == "plain" else kind.ask
        turns.append(fill(rng.choice(lines), {"k": fact.of}))
    return Sample(
        id=f"s{seed}-{number:04d}",
        input={"turns": turns},
        target={"asks": asks},
        group=f"s{seed}-{number:04d}",
        tags={
            "distance": str(distance),
            "case": case,
            "wording": wording,
            "fact": "several" if len(asks) > 1 else FAMILIES.get(asked.kind, asked.kind),
        },
    )


def _facts(rng: Random, count: int) -> list[Fact]:
    """Facts of different kinds, so that a question means one of them."""
    return [draw(rng, kind) for kind in rng.sample(list(kinds()), count)]


def _missing(rng: Random, facts: list[Fact]) -> tuple[Fact, list[Fact]]:
    """A fact to ask for that isn't among those told; at times one of the same kind about another thing is."""
    told = {fact.kind for fact in facts}
    asked = draw(rng, rng.choice([kind for kind in kinds() if kind not in told]))
    if asked.of and rng.random() < 0.5:
        near = draw(rng, asked.kind)
        if near.key != asked.key:
            facts = [near, *facts[1:]]
    return asked, facts


def tell(rng: Random, fact: Fact, wording: str) -> str:
    """Returns how a user may tell a fact, "plain" or "roundabout"."""
    kind = kinds()[fact.kind]
    lines = kind.tell_plain if wording == "plain" else kind.tell
    return fill(rng.choice(lines), {"k": fact.of, "v": fact.value.text})


def _others(rng: Random, fact: Fact, turns: list[str]) -> list[dict[str, Any]]:
    """Puts the like of somebody else among the turns; returns what must not be given for the user's own."""
    count = rng.choice((1, 1, 2))
    rejected: list[dict[str, Any]] = []
    for person, line in zip(
        rng.sample(values()["other person"], count), rng.sample(kinds()[fact.kind].other, count), strict=True
    ):
        other = unlike(rng, fact)
        slots = {"k": fact.of, "p": person, "w": other.value.text}
        turns.insert(rng.randint(0, len(turns)), fill(line, slots))
        whose = [person.split(" ", 1)[1], person.split()[-1]]
        rejected += [{"text": form, "of": whose} for form in other.value.accept]
    return rejected


def _corrected(rng: Random, fact: Fact, turns: list[str], at: int) -> tuple[Fact, Fact]:
    """Puts a correction after the turn `at`; returns the fact that holds and the one that doesn't."""
    new = unlike(rng, fact)
    slots = {"k": fact.of, "v": new.value.text, "old": fact.value.text}
    turns.insert(rng.randint(at + 1, len(turns)), fill(rng.choice(kinds()[fact.kind].fix), slots))
    return new, fact


def unlike(rng: Random, fact: Fact) -> Fact:
    """Returns a fact of the same kind about the same thing with another value."""
    while True:
        new = draw(rng, fact.kind, fact.of)
        if not set(new.value.accept) & set(fact.value.accept):
            return new


def _ask(
    fact: Fact, accept: Sequence[str], reject: Sequence[Mapping[str, Any]], *, corrected: bool = False
) -> dict[str, Any]:
    return {
        "kind": fact.kind,
        "accept": list(accept),
        "reject": list(reject),
        "known": [] if accept else list(known(fact.kind, fact.of)),
        "corrected": corrected,
    }
