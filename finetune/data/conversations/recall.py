"""Facts that users tell about themselves and ask back later, with other talk in between."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from random import Random
from typing import NamedTuple

from finetune.data.conversations.grammar import expand
from finetune.data.conversations.talk import Talk
from finetune.data.conversations.words import invented, person_name, pick, read_pattern_file, town_name

_FAVOURITES = (
    "colour",
    "food",
    "animal",
    "hobby",
    "sport",
    "drink",
    "season",
    "film",
    "book",
    "fruit",
    "vegetable",
    "flower",
    "subject",
    "city",
    "game",
    "instrument",
    "dessert",
    "day",
    "month",
    "country",
    "number",
    "word",
    "song",
    "colour",
    "food",
    "animal",
    "colour",
)
_MISSING = (
    "You haven't told me [your {noun}|your {noun} yet|that yet]. [What is it|Would you like to tell me|Tell me, and "
    "I'll remember it here]?",
    "I don't know your {noun} yet, because you haven't told me. [What is it|Will you tell me]?",
    "[You haven't mentioned your {noun} yet|I don't think you've told me your {noun}]. What is it?",
)
_MISSING_THAT = (
    "You haven't told me that yet. [What is it|Would you like to tell me]?",
    "I don't know that, because you haven't told me yet. [Will you tell me|What is it]?",
)
_ACK_ALL = (
    "[Thank you|Thanks for telling me|Got it|Noted]! [So |I'll remember that |]{all}. [What else would you like to "
    "tell me|What shall we talk about|How can I help you]?",
    "[Nice to know you better|Good to know]: {all}. [Tell me more|What would you like to do]!",
)
_SUMMARY_ASK = (
    "[What|Tell me what] [do you know|you know|have you learned|did I tell you|can you say|do you remember] about "
    "me[?|.| so far?]",
    "[Sum up|Summarise|List|Repeat] what [I told you|you know about me|I said about myself][.|| please]",
    "[Tell me|Say] [everything you know|what you know|something you know] about me[.|| please]",
    "What have I told you[| so far| about myself]?",
    "[Do you remember|Do you know] [anything about me|something about me|what I told you about myself]?",
)
_NOTHING = (
    "I don't know anything about you yet. [What would you like to tell me|Tell me something about yourself]!",
    "Nothing so far, since you haven't told me anything about yourself. [What's your name|Tell me something]!",
)
_CORRECTIONS = (
    "[Actually|Sorry|Wait|No, wait|Oh, I made a mistake|Correction]: [it's|it is] {v}[.|, not {old}.|!|]",
    "[Actually|Sorry|Wait], [it's|I meant|make that|I wanted to say] {v}[.|, not {old}.|!|]",
    "[I was wrong|That was wrong|I made a typo]: [it's|I meant] {v}[.|, not {old}.|]",
    "[No|Oops], not {old}[, but|. It's] {v}[.|!|]",
)
_CORRECT_ACK = (
    "[Thank you for the correction|Sorry, I'll remember it right now|Thanks, I've got it now|No problem]: {summary}.",
    "[All right|Noted|Got it], {summary}. [Thank you for telling me|]",
)


class Attribute(NamedTuple):
    """One kind of fact: how it is told, answered, asked, recalled, named, summed up, said by a system message."""

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


def draw_fact(rng: Random, name: str | None = None) -> Fact:
    """Draw a fact about a user, of any kind or of the kind ``name``."""
    if name is None:
        kinds = {key: attribute.weight for key, attribute in attributes().items()}
        kinds |= {"favourite": 8.0, "relation": 4.0, "pet": 3.0, "thing": 2.5}
        name = rng.choices(list(kinds), weights=list(kinds.values()))[0]
    slots: dict[str, str] = {}
    if name == "favourite":
        slots["k"] = rng.choice(_FAVOURITES)
        slots["v"] = _thing_of(rng, slots["k"])
    elif name in ("relation", "pet"):
        slots["k"] = pick(rng, name)
        slots["v"] = person_name(rng) if name == "relation" or rng.random() < 0.3 else pick(rng, "petname")
        slots["v"] = slots["v"].split(" ")[0]
    elif name == "thing":
        slots["k"], slots["v"] = pick(rng, "thing"), pick(rng, "spot")
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
    talk.facts[fact.key] = fact.slots["v"]
    if fact.attribute.name == "name":
        talk.user_name = fact.slots["v"]
    talk.pair(fact.attribute.tells, fact.attribute.acks, _slots(talk, fact))


def tell_together(talk: Talk, facts: list[Fact]) -> None:
    """The user tells several facts in one line."""
    lines = []
    for fact in facts:
        talk.facts[fact.key] = fact.slots["v"]
        if fact.attribute.name == "name":
            talk.user_name = fact.slots["v"]
        plain = [
            line
            for line in fact.attribute.tells
            if "?" not in line and not line.endswith("here[.|, hi!|, nice to meet you.]")
        ]
        lines.append(expand(plain, talk.rng, _slots(talk, fact), mark=True).rstrip(".!"))
    joined = lines[0]
    for line in lines[1:]:
        joined += talk.rng.choice((". ", " and ", ", and ", ". ")) + line
    # The line is already expanded: marks pass through, brackets cannot occur in values.
    talk.user(joined + talk.rng.choice((".", "", "!")))
    talk.assistant(_ACK_ALL, {"all": _summary(talk, facts)})
    talk.recall(*(_spoil(fact) for fact in facts))


def _summary(talk: Talk, facts: list[Fact]) -> str:
    clauses = [expand(fact.attribute.summary, talk.rng, _slots(talk, fact)) for fact in facts]
    return clauses[0] if len(clauses) == 1 else ", ".join(clauses[:-1]) + " and " + clauses[-1]


def ask(talk: Talk, fact: Fact) -> None:
    """The user asks a fact back that was told."""
    talk.pair(fact.attribute.asks, fact.attribute.answers, _slots(talk, fact))
    talk.recall(_spoil(fact))


def ask_missing(talk: Talk, *, then_tell: bool = False) -> None:
    """The user asks for a fact that was never told; perhaps tells it then, and asks again."""
    fact = draw_fact(talk.rng)
    if fact.key in talk.facts or (fact.attribute.name in ("task", "mood_reason", "thing", "plan", "meeting")):
        fact = draw_fact(talk.rng, "favourite")
        if fact.key in talk.facts:
            return
    slots = _slots(talk, fact)
    talk.user(fact.attribute.asks, slots)
    noun = expand(fact.attribute.noun, talk.rng, slots)
    relation = fact.attribute.name in ("relation", "pet", "code", "word")
    talk.assistant(_MISSING_THAT if relation and talk.chance(0.5) else _MISSING, {"noun": noun})
    if then_tell:
        talk.facts[fact.key] = fact.slots["v"]
        talk.pair(
            ("[It's|It is|It was|OK, it's] {v}[.|!|]", "{v}", "{cap:v}[.|!|]", *fact.attribute.tells),
            ("[Thank you|Thanks|Noted|Got it], {summary}. [What else would you like to tell me|Now I know|I'll "
             "remember that here]",),
            {**slots, "summary": _summary(talk, [fact])},
        )  # fmt: skip
        talk.recall(_spoil(fact))
        if talk.chance(0.5):
            ask(talk, fact)


def correct(talk: Talk, fact: Fact) -> Fact:
    """The user corrects a fact; returns the fact that holds from now on."""
    new = fact
    for _ in range(9):
        new = draw_fact(talk.rng, fact.attribute.name)
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
    users: tuple[str, ...] = _CORRECTIONS
    if fact.attribute.name in ("thing", "task", "mood_reason"):
        users = tuple("[Actually|Sorry|Wait], " + line for line in fact.attribute.tells)
    talk.pair(
        users,
        _CORRECT_ACK,
        slots,
    )
    talk.recall(_spoil(new))
    return new


def ask_all(talk: Talk, facts: list[Fact]) -> None:
    """The user asks for everything that the assistant knows about them."""
    if not facts:
        talk.pair(_SUMMARY_ASK, _NOTHING)
        return
    talk.pair(
        _SUMMARY_ASK,
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
