"""Plans: as many steps as wished, in order, and every one to the goal."""

from __future__ import annotations

import re

from finetune.data.conversations.words import lexicon
from finetune.data.instructions.plans import _THINGS, FEWEST, MOST, goals, plans

NUMBERS = {"three": 3, "3": 3, "four": 4, "4": 4, "five": 5, "5": 5}


def test_there_are_many_goals_and_each_can_be_planned_in_three_steps() -> None:
    assert len(goals()) >= 60
    assert len({goal.pattern for goal in goals()}) == len(goals())
    for goal in goals():
        must = sum(not may_go for _, may_go in goal.steps)
        assert must <= FEWEST < len(goal.steps) <= MOST, goal.pattern
        assert len({step for step, _ in goal.steps}) == len(goal.steps)


def test_steps_use_the_slots_of_their_goal_alone() -> None:
    known = {*_THINGS, *lexicon(), "n", "name2", "city2", "fruit2", "place2"}
    for goal in goals():
        slots = {name.rpartition(":")[2] for name in re.findall(r"\{([^}]+)\}", goal.pattern)}
        said = {
            name.rpartition(":")[2] for step, _ in goal.steps for name in re.findall(r"\{([^}]+)\}", step)
        }
        assert slots | said <= known, goal.pattern
        # A drink or a colour may come with a step; what the goal is about comes with the goal.
        assert said - slots <= {"drink", "colour"}, goal.pattern
        assert not slots or said & slots, goal.pattern


def test_plans_are_numbered_and_as_long_as_wished() -> None:
    wished = 0
    requests = set()
    for messages in plans(5, 600):
        request, answer = (message["content"] for message in messages)
        steps = answer.split("\n")
        assert FEWEST <= len(steps) <= MOST
        for number, step in enumerate(steps, 1):
            assert re.match(rf"{number}\. [A-Z].*[a-z0-9)\"]\.$", step), step
            assert "{" not in step
        if wish := re.search(r"\b(three|four|five|3|4|5) steps", request):
            wished += 1
            assert len(steps) == NUMBERS[wish[1]]
        requests.add(" ".join(request.split()[:3]).lower())
    assert wished > 100
    assert len(requests) > 30


def test_what_is_drawn_for_a_goal_is_what_the_steps_name() -> None:
    names = set(lexicon()["city"])
    found = 0
    for messages in plans(6, 400):
        request, answer = (message["content"] for message in messages)
        if not re.search(r"trip to|pack for a week", request):
            continue
        city = next((name for name in names if name in request), None)
        if city:
            found += 1
            assert city in answer
    assert found > 3


def test_equal_seeds_give_equal_ones_and_longer_runs_begin_with_shorter() -> None:
    made = list(plans(1, 30))
    assert made[:12] == list(plans(1, 12)) != list(plans(2, 12))
