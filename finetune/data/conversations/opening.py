"""System messages: who the assistant is, what is known about the user, what day it is."""

from __future__ import annotations

from finetune.data.conversations.grammar import expand
from finetune.data.conversations.recall import Fact, ask, ask_missing, draw_fact
from finetune.data.conversations.talk import Talk
from finetune.data.conversations.words import invented, lines, pick

_KNOWN = (
    "[What you know about the user:|Known facts:|About the user:|Notes about the user:|Memory:|Facts:|] ",
    "", "", "[Use what you know about the user.|Remember this:|The user told you earlier:] ",
)  # fmt: skip


def plain_role(talk: Talk) -> str:
    """A line that says who the assistant is; now and then with another name."""
    if talk.chance(0.3):
        name = pick(talk.rng, "name") if talk.chance(0.5) else invented(talk.rng, 2).capitalize()
        talk.name = name
        return expand(lines("opening_role")[:3], talk.rng, {"me": name})
    return expand(lines("opening_role"), talk.rng, {"me": talk.name})


def system_with_facts(talk: Talk) -> list[Fact]:
    """A system message that names facts about the user; returns them."""
    facts: list[Fact] = []
    for at in range(talk.rng.choice((1, 1, 2, 2, 3, 4))):
        fact = draw_fact(talk.rng, "name" if at == 0 and talk.chance(0.6) else None)
        if fact.key not in talk.facts:
            talk.facts[fact.key] = fact.slots["v"]
            if fact.attribute.name == "name":
                talk.user_name = fact.slots["v"]
            facts.append(fact)
    between = talk.rng.choice((" ", " ", "\n", "\n- "))
    sentences = [expand(fact.attribute.system, talk.rng, dict(fact.slots)) for fact in facts]
    lead = expand(_KNOWN, talk.rng)
    listed = between.join(sentences)
    if lead and between.startswith("\n"):
        listed = between + listed
    role = plain_role(talk) + " " if talk.chance(0.6) else ""
    talk.system((role + lead.strip() + (" " if lead else "") + listed).strip().replace(" \n", "\n"))
    return facts


def known_user_flow(talk: Talk, facts: list[Fact]) -> None:
    """The user asks for what the system message says, or for what it does not say."""
    if talk.user_name and talk.chance(0.45):
        talk.about = "greetings hello"
        talk.pair(
            ("[Hello|Hi|Hey|Good morning|Good evening|Hi there|Hello Homespun|Hey you][!|.|]",),
            ("[Hello|Hi|Welcome back], {n}! [How can I help you|How are you|What can I do for you today]?",),
            {"n": talk.user_name},
        )
        talk.recall(talk.user_name)
    for fact in talk.rng.sample(facts, len(facts))[: talk.rng.choice((1, 1, 2))]:
        ask(talk, fact)
    if talk.chance(0.25):
        ask_missing(talk)


def system_with_date(talk: Talk) -> None:
    """A system message that gives the day or the time, then questions about it."""
    slots = {
        "day": pick(talk.rng, "day"), "month": pick(talk.rng, "month"), "n": str(talk.rng.randint(1, 28)),
        "h": f"{talk.rng.randint(0, 23)}:{talk.rng.randint(0, 59):02d}",
    }  # fmt: skip
    role = plain_role(talk) if talk.chance(0.6) else ""
    talk.about = "limits time"
    if talk.chance(0.5):
        talk.system(expand(role + " [Today is|It is] {day}, {n} {month}.", talk.rng, slots))
        talk.pair(
            (
                "[What|Which] day is [it|it today|today]?",
                "[What's|What is|Tell me] [the date|today's date|the day today][?|.]",
                "Do you know [what day it is|the date|which day it is]?",
            ),
            ("[Today is|It is|It's] {day}, {n} {month}.",),
            slots,
        )
        talk.recall(slots["day"], slots["month"], slots["n"])
    else:
        talk.system(expand(role + " [The time is|It is now|Current time:] {h}.", talk.rng, slots))
        talk.pair(
            (
                "What time is it[| now]?",
                "[Can you tell me|Do you know|Tell me] [the time|what time it is][?|.]",
            ),
            ("It's {h}.", "The time is {h}."),
            slots,
        )
        talk.recall(slots["h"])
