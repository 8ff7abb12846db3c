"""Short plans of three to five numbered steps for everyday and desk goals, from `plans.txt`.

A goal has three steps or more that it can't do without and others that may be left out, always in the same
order. Names, places and things are drawn once a plan, so that every step is to the goal that was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

from finetune.data.conversations.grammar import expand
from finetune.data.documents import Message
from finetune.data.instructions.wording import NUMBERS, exchange, numbered, typed, worded

FEWEST, MOST = 3, 5
"""Steps of a plan."""

# What the goals are about beside the lexicon of the conversations.
_THINGS = {
    "cake": "lemon cake, apple pie, carrot cake, cheesecake, loaf of bread, plum tart, nut cake, walnut loaf",
    "room": "kitchen, bathroom, bedroom, living room, hall, cellar, attic, office, nursery, guest room, "
    "workshop",
    "deskthing": "report, invoice, contract, budget, order form, timetable, handbook, brochure, "
    "questionnaire, offer",
    "folder": "Invoices, Photos, Projects, Letters, Drafts, Taxes, Music, Recipes, Reports, Downloads, Scans",
    "lostthing": "key, wallet, ring, passport, umbrella, phone, ticket, scarf, library card, bracelet, "
    "charger",
    "dayword": "weekend, week, holiday, party, picnic, dinner, barbecue, breakfast",
    "clothing": "jacket, curtains, jumper, shirts, trousers, sheets, coat, blanket, towels, socks",
    "buy": "bicycle, laptop, camera, sofa, washing machine, phone, coat, printer, tent, lamp, fridge, desk",
    "paper": "newspaper, magazine, weekly paper, music magazine, garden magazine, daily paper",
    "device": "printer, laptop, phone, router, tablet, television, computer, camera, scanner, speaker",
    "tabletopic": "sales, rainfall, visitors, prices, travel costs, working hours, members, orders, book "
    "loans",
    "program": "website, app, script, database, search page, calculator, editor, calendar app, mail program",
}

_REQUESTS = (
    "[Make|Write|Give me] a [short |]plan to {goal}.",
    "[How do I|How can I|How would you|How should I] {goal}? [Give me the steps|Step by step, please|A "
    "short plan, please].",
    "I [want|have|need] to {goal}. [What are the steps|What should I do first, and what then|How do I go "
    "about it]?",
    "[Plan|Lay out] the steps to {goal}.",
    "[My goal|The goal|The task]: {goal}. [Plan it|Write the steps|Make a plan].",
    "[What steps does it take|What has to be done] to {goal}?",
    "[Break|Split] this [task|goal] into steps: {goal}.",
    "[Help me|I need help to] {goal}: [list the steps|what do I do, in order|a plan in short steps].",
    "[Steps|A plan|To-do list] to {goal}[, please|], numbered.",
    "[Somebody|My friend|A colleague] wants to {goal}. [Write down the steps|Make a plan for that].",
    "[Think ahead|Before we start]: [which steps will it take|what must be done] to {goal}?",
    "[Number the steps|Write numbered steps] to {goal}.",
)
_COUNTED = (
    "[Make|Write|Give me] a plan [of|in|with] {n} steps to {goal}.",
    "[Give|Write|List] [me |]{n} steps to {goal}.",
    "How do I {goal} in {n} steps?",
    "I [want|need] to {goal}. [Plan it in|Make it] {n} steps.",
    "{goal}: {n} steps[, please|].",
    "[Break|Split] this into {n} steps: {goal}.",
    "[Use|Take] {n} steps, numbered, to {goal}. [What are they?|Write them down.]",
    "[What|Which] {n} steps [does it take|are needed] to {goal}?",
)


@dataclass(frozen=True)
class Goal:
    """A goal's pattern, and its steps with whether each may be left out."""

    pattern: str
    steps: tuple[tuple[str, bool], ...]


@cache
def goals() -> tuple[Goal, ...]:
    """Every goal, in the order of the file."""
    text = (files(__package__) / "plans.txt").read_text(encoding="utf-8")
    found: list[tuple[str, list[tuple[str, bool]]]] = []
    for line in map(str.strip, text.splitlines()):
        if line.startswith("== "):
            found.append((line.removeprefix("== "), []))
        elif line and not line.startswith("#"):
            found[-1][1].append((line.removeprefix("~ "), line.startswith("~ ")))
    return tuple(Goal(pattern, tuple(steps)) for pattern, steps in found)


def plans(seed: int, count: int) -> Iterator[list[Message]]:
    """Yield goals with the wish for a plan, and the plan.

    Args:
        seed: Decides everything; longer runs begin with shorter ones.
        count: How many.
    """
    for number in range(count):
        rng = Random(f"plans {seed}:{number}")
        goal = rng.choice(goals())
        slots = {key: rng.choice(things.split(", ")) for key, things in _THINGS.items()}
        slots["n"] = str(rng.randint(3, 12))
        wanted = expand(goal.pattern, rng, slots)
        if rng.random() < 0.35:
            length = rng.randint(FEWEST, len(goal.steps))
            said = rng.choice((str(length), NUMBERS[length]))
            request = worded(_COUNTED, rng, goal=wanted, n=said)
        else:
            length = rng.randint(min(4, len(goal.steps)), len(goal.steps))
            request = worded(_REQUESTS, rng, goal=wanted)
        yield exchange(typed(request, rng), numbered(_steps(goal, length, slots, rng)))


def _steps(goal: Goal, length: int, slots: dict[str, str], rng: Random) -> list[str]:
    """So many of the goal's steps, in order."""
    free = [at for at, (_, may_go) in enumerate(goal.steps) if may_go]
    left_out = rng.sample(free, len(goal.steps) - length)
    return [f"{expand(step, rng, slots)}." for at, (step, _) in enumerate(goal.steps) if at not in left_out]
