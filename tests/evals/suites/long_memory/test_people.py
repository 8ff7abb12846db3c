"""`long_memory`: its generated users, what they tell, what changes, what is asked."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from evals.sample import Sample
from evals.suite import Source
from evals.suites.chat_memory.matching import gives
from evals.suites.chat_memory.phrasebook import kinds, small_talk
from evals.suites.long_memory import SUITE
from evals.suites.long_memory.people import FACTS, acquaintance, lines, person
from evals.suites.long_memory.suite import LongMemory


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return list(SUITE.samples(Source()))


def test_users_meet_every_case_and_wording(samples: list[Sample]) -> None:
    assert len(samples) == len({sample.id for sample in samples}) == 50
    assert {sample.cluster for sample in samples} == {sample.id for sample in samples}
    cells = Counter((sample.tags["case"], sample.tags["wording"]) for sample in samples)
    assert len(cells) == 4
    assert min(cells.values()) >= 8


def test_a_user_depends_on_seed_and_number_only(samples: list[Sample]) -> None:
    assert list(LongMemory(5).samples(Source())) == samples[:5]
    assert acquaintance(0, 7) == samples[7]
    assert acquaintance(1, 7).input != samples[7].input


def test_a_user_tells_three_facts_of_different_kinds_with_small_talk_between() -> None:
    for number in range(50):
        one = person(0, number)
        assert len({fact.kind for fact in one.facts}) == FACTS
        assert len(one.told) == 2 * FACTS - 1
        assert set(one.told[1::2]) <= set(small_talk())
        for fact, said in zip(one.facts, one.told[::2], strict=True):
            assert any(gives(said, form) for form in fact.value.accept)


def test_no_two_users_have_one_first_name() -> None:
    names = [fact.value.text for n in range(90) for fact in person(0, n).facts if fact.kind == "name"]
    assert len(names) == len(set(names)) > 5


def test_the_newest_value_is_accepted_and_the_one_before_rejected(samples: list[Sample]) -> None:
    for sample in samples:
        first, *later = sample.input["told"]
        changed = [ask for ask in sample.target["asks"] if ask["changed"]]
        assert len(changed) == len(later) == (sample.tags["case"] == "changed")
        for ask in sample.target["asks"]:
            said = " ".join(later[0] if ask["changed"] else first)
            assert any(gives(said, form) for form in ask["accept"]), sample
            assert bool(ask["reject"]) == ask["changed"]
            assert not {item["text"] for item in ask["reject"]} & set(ask["accept"])
        if changed:
            old = [item["text"] for item in changed[0]["reject"]]
            assert any(gives(" ".join(first), form) for form in old), sample


def test_questions_hold_no_value(samples: list[Sample]) -> None:
    for sample in samples:
        assert len(sample.input["asks"]) == len(set(sample.input["asks"])) == FACTS
        for ask, question in zip(sample.target["asks"], sample.input["asks"], strict=True):
            assert "{" not in question
            assert not any(gives(question, form) for form in ask["accept"]), sample


def test_the_other_is_the_next_user(samples: list[Sample]) -> None:
    for sample, following in pairwise(samples):
        assert sample.input["other"] == following.input["told"][0] != sample.input["told"][0]


def test_every_kind_of_fact_can_change_and_be_asked_in_several_ways() -> None:
    assert list(lines()) == list(kinds())
    for name, said in lines().items():
        assert len(set(said.change)) >= 3, name
        assert len(set(said.ask)) >= 4, name
        told = (*kinds()[name].ask_plain, *kinds()[name].ask)
        assert not set(said.ask) & set(told), name
