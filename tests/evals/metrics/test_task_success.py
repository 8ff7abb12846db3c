from __future__ import annotations

from typing import Any

import pytest

from evals.metrics.task_success import Task, task_success

STATE: dict[str, Any] = {
    "events": [{"title": "Dentist", "day": "Monday"}, {"title": "Tea", "day": "Friday"}],
    "mail": {"sent": []},
    "total": 40,
}


def test_all_that_is_required_and_nothing_forbidden_is_success() -> None:
    task = Task(
        facts=[["40 euros", "EUR 40"], ["Monday"]],
        no_facts=["refund"],
        effects={"total": 40, "events.0.title": "Dentist", "events.*.day": "Friday"},
        no_effects={"mail.sent.*": None, "events.*.title": "Party"},
    )
    outcome = task_success(task, "It costs 40  Euros,\non monday.", STATE)
    assert outcome.success
    assert (outcome.required, outcome.progress) == (5, 1.0)


def test_what_is_missing_is_named_and_lessens_progress() -> None:
    task = Task(facts=[["Monday"], ["Oslo", "Norway"]], effects={"total": 41, "nothing.here": 1})
    outcome = task_success(task, "On Monday.", STATE)
    assert outcome.missing == ("Oslo", "total", "nothing.here")
    assert not outcome.success
    assert outcome.progress == pytest.approx(0.25)


def test_what_is_forbidden_is_named_though_all_else_is_there() -> None:
    task = Task(facts=[["Monday"]], no_facts=["maybe"], no_effects={"events.*.title": "Tea", "total": None})
    outcome = task_success(task, "Monday, maybe.", STATE)
    assert outcome.forbidden == ("maybe", "events.*.title", "total")
    assert (outcome.success, outcome.progress) == (False, 1.0)


@pytest.mark.parametrize(
    ("wording", "answer", "found"),
    [
        ("40", "It is 40.", True),
        ("40", "It is 140.", False),
        ("40", "It is 400.", False),
        ("40", "It is 40.5.", False),
        ("40", "It is 2.40.", False),
        ("40", "(40)", True),
        ("Tea", "The team met.", False),
        ("tea", "TEA!", True),
        ("ﬁne", "fine", True),
        ("€5", "costs €5 now", True),
        ("C++", "in C++, yes", True),
    ],
)
def test_wordings_are_whole_words_and_numbers(wording: str, answer: str, found: bool) -> None:
    assert task_success(Task(facts=[[wording]]), answer).success == found


@pytest.mark.parametrize("path", ["events.2", "events.x", "total.0", "events.0.title.x"])
def test_a_path_that_leads_nowhere_finds_nothing(path: str) -> None:
    assert task_success(Task(no_effects={path: None}), "", STATE).success
    assert not task_success(Task(effects={path: None}), "", STATE).success


def test_a_task_that_requires_nothing_is_done() -> None:
    assert task_success(Task(), "").progress == 1.0


@pytest.mark.parametrize("facts", [[[]], [[" "]], ["Oslo"]])
def test_facts_without_wordings_are_refused(facts: Any) -> None:
    with pytest.raises(ValueError, match="a fact"):
        task_success(Task(facts=facts), "Oslo")
