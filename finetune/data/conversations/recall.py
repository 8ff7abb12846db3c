"""Facts that users tell about themselves and ask back later, with other talk in between."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from random import Random
from typing import NamedTuple

from finetune.data.conversations.grammar import OPEN, expand
from finetune.data.conversations.talk import Talk
from finetune.data.conversations.words import invented, lines, person_name, pick, read_pattern_file, town_name
from models.encoders.intent import ASK_BACK

# Facts that are asked for without having been told; small talk never tells these.
_ASKABLE = {
    "name": 5, "city": 3, "age": 2, "birthday": 2, "code": 1, "word": 1, "favourite": 8, "relation": 3,
    "pet": 3, "job": 2,
}  # fmt: skip


class Attribute(NamedTuple):
    """One kind of fact: how it is told, answered, asked, recalled, named, summed up, put by the system."""

    name: str
    weight: float
    tells: tuple[str, ...]
    acks: tuple[str, ...]
    asks: tuple[str, ...]
    answers: tuple[str, ...]
    noun: str
    summary: tuple[str, ...]
    system: tuple[str, ...]


class Fact(NamedTuple):
    """A fact of one user: its kind and the values of its slots."""

    attribute: Attribute
    slots: dict[str, str]

    @property
    def key(self) -> str:
        """What the fact is about, e.g. ``favourite colour``."""
        return f"{self.attribute.name} {self.slots.get('k', '')}".strip()


@lru_cache(maxsize=1)
def attributes() -> dict[str, Attribute]:
    """All sections of ``patterns/attributes.txt`` by name."""
    found: dict[str, Attribute] = {}
    for block in "\n".join(read_pattern_file("attributes")).split("== ")[1:]:
        head, _, body = block.partition("\n")
        name, _, share = head.partition(" ")
        parts = [tuple(part.strip().split("\n")) for part in body.split("\n--\n")]
        tells, acks, asks, answers, noun, summary, system = parts
        found[name] = Attribute(name, float(share), tells, acks, asks, answers, noun[0], summary, system)
    return found


def _number(rng: Random) -> str:
    return str(rng.randint(1, 10 ** rng.choice((1, 2, 2, 3, 4)) - 1))


def _thing_of(rng: Random, kind: str) -> str:
    if kind == "number":
        return _number(rng)
    if kind == "word":
        return (
            invented(rng) if rng.random() < 0.6 else rng.choice((pick(rng, "object"), pick(rng, "adjective")))
        )
    if kind == "song":
        return f"{pick(rng, 'adjective').capitalize()} {pick(rng, 'object').capitalize()}"
    value = invented(rng) if rng.random() < 0.08 else pick(rng, kind)
    return value.capitalize() if kind in ("city", "country", "film", "book", "day", "month") else value


_VALUES: dict[str, Callable[[Random], str]] = {
    "name": person_name,
    "city": town_name,
    "plan": town_name,
    "job": lambda rng: pick(rng, "job"),
    "age": lambda rng: str(rng.randint(7, 94)),
    "birthday": lambda rng: pick(rng, "month"),
    "code": _number,
    "word": lambda rng: _thing_of(rng, "word"),
    "task": lambda rng: pick(rng, "task"),
    "learning": lambda rng: pick(rng, "language"),
    "plays": lambda rng: pick(rng, "instrument"),
    "allergy": lambda rng: rng.choice(
        (pick(rng, "fruit"), pick(rng, "vegetable"), "nuts", "fish", "eggs", "cheese")
    ),
    "meeting": lambda rng: pick(rng, "day"),
    "mood_reason": lambda rng: pick(rng, "goodnews"),
}


def your(text: str) -> str:
    """The text as said back to the user: "my" → "your", "I" → "you"."""
    words = {
        "my": "your",
        "My": "Your",
        "I": "you",
        "am": "are",
        "me": "you",
        "mine": "yours",
        "myself": "yourself",
    }
    return " ".join(words.get(word, word) for word in text.split(" "))


def draw_fact(rng: Random, name: str | None = None, about: str | None = None) -> Fact:
    """Draw a fact of any kind or of the kind ``name``; ``about`` fixes what it is about, e.g. "colour"."""
    if name is None:
        kinds = {key: attribute.weight for key, attribute in attributes().items()}
        kinds |= {"favourite": 8.0, "relation": 4.0, "pet": 3.0, "thing": 2.5}
        name = rng.choices(list(kinds), weights=list(kinds.values()))[0]
    slots: dict[str, str] = {}
    if name == "favourite":
        slots["k"] = about or pick(rng, "favourite")
        slots["v"] = _thing_of(rng, slots["k"])
    elif name in ("relation", "pet"):
        slots["k"] = about or pick(rng, name)
        slots["v"] = person_name(rng) if name == "relation" or rng.random() < 0.3 else pick(rng, "petname")
        slots["v"] = slots["v"].split(" ")[0]
    elif name == "thing":
        slots["k"], slots["v"] = about or pick(rng, "thing"), pick(rng, "spot")
    else:
        slots["v"] = _VALUES[name](rng)
    slots["yv"] = your(slots["v"])
    return Fact(attributes()[name], slots)


def _slots(talk: Talk, fact: Fact) -> dict[str, str]:
    return {"me": talk.name, **fact.slots}


def _spoil(fact: Fact) -> str:
    return fact.slots["yv"]


def tell(talk: Talk, fact: Fact) -> None:
    """The user tells a fact, the assistant takes note."""
    talk.about = "tell"
    talk.facts[fact.key] = fact.slots["v"]
    if fact.attribute.name == "name":
        talk.user_name = fact.slots["v"]
    slots = _slots(talk, fact)
    line = talk.user(fact.attribute.tells, slots)
    # "I'm Ann, and you?" asks for a name in return: the second answer gives it.
    asked = fact.attribute.name == "name" and re.search(
        r"yours|and you|who (are|r) (you|u)", line, re.IGNORECASE
    )
    talk.assistant(fact.attribute.acks[1] if asked else fact.attribute.acks, slots)


def tell_together(talk: Talk, facts: list[Fact]) -> None:
    """The user tells several facts in one line."""
    talk.about = "tell"
    said: list[str] = []
    for fact in facts:
        talk.facts[fact.key] = fact.slots["v"]
        if fact.attribute.name == "name":
            talk.user_name = fact.slots["v"]
        # Lines that end with a question of their own cannot be joined with others.
        plain = [line for line in fact.attribute.tells if "?" not in line and " here[" not in line]
        told = expand(plain, talk.rng, _slots(talk, fact), mark=True).rstrip(".!")
        if said and not re.match(rf"I\b|{OPEN}", told):
            told = told[0].lower() + told[1:]
        said.append(told)
    joined = said[0]
    for told in said[1:]:
        joined += talk.rng.choice((". ", " and ", ", and ", ", ")) + told
    # The line is already expanded: marks pass through, brackets cannot occur in values.
    talk.user(joined + talk.rng.choice((".", "", "!")))
    others = [fact for fact in facts if fact.attribute.name != "name"]
    if len(others) < len(facts) and others and talk.chance(0.7):
        slots = {"n": talk.user_name, "all": _summary(talk, others)}
        talk.assistant(lines("recall_ack_named"), slots)
    else:
        talk.assistant(lines("recall_ack_all"), {"all": _summary(talk, facts)})
    talk.recall(*(_spoil(fact) for fact in facts))


def _summary(talk: Talk, facts: list[Fact]) -> str:
    clauses = [expand(fact.attribute.summary, talk.rng, _slots(talk, fact)) for fact in facts]
    return clauses[0] if len(clauses) == 1 else ", ".join(clauses[:-1]) + " and " + clauses[-1]


def ask(talk: Talk, fact: Fact) -> None:
    """The user asks a fact back that was told."""
    talk.about = ASK_BACK
    slots = _slots(talk, fact)
    talk.user(fact.attribute.asks, slots)
    talk.asks(fact.slots["v"])
    talk.assistant(fact.attribute.answers, slots)
    talk.recall(_spoil(fact))


def ask_missing(talk: Talk, *, then_tell: bool = False) -> None:
    """The user asks for a fact that was never told; perhaps tells it then, and asks again."""
    talk.about = ASK_BACK
    fact = draw_fact(talk.rng, talk.rng.choices(list(_ASKABLE), weights=list(_ASKABLE.values()))[0])
    if fact.key in talk.facts:
        return
    slots = _slots(talk, fact)
    talk.user(fact.attribute.asks, slots)
    talk.asks()
    noun = expand(fact.attribute.noun, talk.rng, slots)
    named = fact.attribute.name not in ("code", "word") and talk.chance(0.8)
    talk.assistant(lines("recall_missing" if named else "recall_missing_that"), {"noun": noun})
    if then_tell:
        talk.facts[fact.key] = fact.slots["v"]
        talk.about = "tell"
        talk.pair(
            ("[It's|It is|It was|OK, it's] {v}[.|!|]", "{v}", "{cap:v}[.|!|]", *fact.attribute.tells),
 lines("recall_told_now"),
            {**slots, "summary": _summary(talk, [fact])},
        )  # fmt: skip
        talk.recall(_spoil(fact))
        if talk.chance(0.5):
            ask(talk, fact)


def correct(talk: Talk, fact: Fact) -> Fact:
    """The user corrects a fact; returns the fact that holds from now on."""
    talk.about = "tell"
    new = fact
    for _ in range(9):
        new = draw_fact(talk.rng, fact.attribute.name, fact.slots.get("k"))
        if new.slots["v"] != fact.slots["v"]:
            break
    new = Fact(fact.attribute, {**fact.slots, "v": new.slots["v"], "yv": new.slots["yv"]})
    if new.slots["v"] == fact.slots["v"]:
        return fact
    talk.facts[new.key] = new.slots["v"]
    if new.attribute.name == "name":
        talk.user_name = new.slots["v"]
    slots = _slots(talk, new)
    slots["old"] = fact.slots["v"]
    slots["summary"] = _summary(talk, [new])
    users: tuple[str, ...] = lines("recall_corrections")
    if fact.attribute.name in ("thing", "task", "mood_reason"):
        users = tuple("[Actually|Sorry|Wait], " + line for line in fact.attribute.tells)
    talk.pair(
        users,
        lines("recall_correct_ack"),
        slots,
    )
    talk.recall(_spoil(new))
    return new


def ask_all(talk: Talk, facts: list[Fact]) -> None:
    """The user asks for everything that the assistant knows about them."""
    talk.about = "ask all"
    if not facts:
        talk.pair(lines("recall_summary_ask"), lines("recall_nothing"))
        return
    talk.pair(
        lines("recall_summary_ask"),
        ("[You told me that|I know that|You said that|Here is what I know:] {all}.", "{all}."),
        {"all": _summary(talk, facts)},
    )
    talk.recall(*(_spoil(fact) for fact in facts))


def recall_flow(talk: Talk, filler: Callable[[Talk], None], facts: list[Fact]) -> None:
    """Tell facts (unless the system message did), talk about something else, then ask back.

    Args:
        talk: the conversation.
        filler: plays one exchange about something else.
        facts: facts already known; new ones are added.
    """
    rng = talk.rng
    fresh: list[Fact] = []
    for _ in range(
        rng.choices((1, 2, 3, 4), weights=(50, 27, 16, 7))[0] if not facts else rng.choice((0, 0, 1, 2))
    ):
        fact = draw_fact(rng, "name" if not facts and not fresh and talk.chance(0.35) else None)
        if fact.key not in talk.facts and fact.key not in (other.key for other in fresh):
            fresh.append(fact)
    # Two of a kind would make "it" and "that" ambiguous for corrections, not for questions: both are allowed.
    if len(fresh) > 1 and talk.chance(0.45):
        tell_together(talk, fresh)
    else:
        for fact in fresh:
            tell(talk, fact)
            if talk.chance(0.12):
                ask(talk, fact)
    if fresh and talk.chance(0.14):
        fresh[-1] = correct(talk, fresh[-1])
    facts += fresh
    for _ in range(rng.choices(range(7), weights=(34, 24, 16, 11, 7, 5, 3))[0]):
        filler(talk)
    order = rng.sample(facts, len(facts))
    for fact in order[: rng.choice((1, 1, 2, 3))]:
        ask(talk, fact)
        if talk.chance(0.1):
            filler(talk)
    if talk.chance(0.16):
        ask_missing(talk, then_tell=talk.chance(0.35))
    if talk.chance(0.12):
        ask_all(talk, facts)
