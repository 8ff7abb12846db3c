"""Several calls from one message, with a filler whose numbers are made by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from models.encoders.asked import BEGIN, END, INSIDE, START, Asked
from models.encoders.fill import Filler
from models.encoders.parameters import LIST, Conversation, Parameter, question
from models.encoders.several import several
from models.encoders.windows import Pieces, Window

TRIP = {
    "name": "plan_trip",
    "parameters": {
        "type": "object",
        "properties": {
            "goal": {"type": "string"},
            "days": {"type": "integer"},
            "sights": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["goal"],
    },
}
_TOKENS = re.compile(r"\w+|[^\w\s]")


class ByHand(Filler):
    """Finds the words that it's told of wherever they stand, with these log-odds; keeps what it has read."""

    def __init__(self, **known: Mapping[str, float]) -> None:
        self._longest, self.threshold, self._list_threshold = 8, 0.5, 0.5
        self.known, self.read = known, list[str]()

    def ask(
        self, told: Conversation, wanted: Sequence[Parameter], between: Callable[[], None] | None = None
    ) -> Asked:
        if between is not None:
            between()
        self.read.append(told.text)
        spans = tuple(one.span() for one in _TOKENS.finditer(told.text))
        second = Pieces(tuple(range(len(spans))), spans)
        answers = []
        for parameter in wanted:
            logits = np.full((len(spans) + 1, 5), -9.0, np.float32)
            logits[0] = 0.0
            for word, odds in self.known.get(parameter.name, {}).items():
                for one in re.finditer(re.escape(word), told.text):
                    tokens = second.tokens(*one.span())
                    assert tokens is not None
                    first, last = tokens[0] + 1, tokens[1] + 1
                    if parameter.way == LIST:
                        logits[first, BEGIN] = logits[first : last + 1, INSIDE] = odds
                    else:
                        logits[first, START] = logits[last, END] = odds / 2
            answers.append([(Window(second.ids, 1, 0, len(spans)), logits)])
        asked = [question(parameter) for parameter in wanted]
        return Asked(told, wanted, asked, [Pieces((), ())] * len(wanted), second, answers)


def made(filler: Filler, text: str, *before: tuple[str, str]) -> list[dict[str, Any]]:
    found = several(filler, [*before, ("user", text)], TRIP)
    return [{one.name: one.value for one in call if filler.keeps(one)} for call in found]


def test_each_value_of_an_enumeration_is_a_call_and_the_rest_is_shared() -> None:
    filler = ByHand(goal={"Oslo": 9.0, "Hull": 8.0, "Leith": 5.0}, days={"3": 9.0})
    calls = made(filler, "Plan 3 days in Oslo, Hull and Leith.")
    assert calls == [{"goal": goal, "days": 3} for goal in ("Oslo", "Hull", "Leith")]


def test_each_clause_is_a_call_with_its_own_values() -> None:
    filler = ByHand(goal={"Oslo": 9.0, "Hull": 9.0}, days={"3": 9.0, "5": 6.0})
    calls = made(filler, "Plan 3 days in Oslo, then 5 days in Hull.")
    assert calls == [{"goal": "Oslo", "days": 3}, {"goal": "Hull", "days": 5}]


@pytest.mark.parametrize(
    ("ending", "count"), [("", 4), (" respectively", 2)], ids=["each with each", "in pairs"]
)
def test_two_enumerations(ending: str, count: int) -> None:
    filler = ByHand(goal={"Oslo": 9.0, "Hull": 9.0}, days={"3": 9.0, "5": 9.0})
    calls = made(filler, f"Plan Oslo and Hull for 3 and 5 days{ending}")
    assert len(calls) == count
    assert {"goal": "Oslo", "days": 3} in calls
    assert {"goal": "Hull", "days": 5} in calls


def test_a_list_is_that_of_the_call_before_where_nothing_is_said_of_it() -> None:
    filler = ByHand(goal={"Oslo": 9.0, "Hull": 9.0}, sights={"fort": 9.0, "harbour": 9.0})
    calls = made(filler, "Show the fort of Oslo, then do the same for Hull.")
    assert calls == [{"goal": goal, "sights": ["fort"]} for goal in ("Oslo", "Hull")]
    calls = made(filler, "Show the fort of Oslo, then the harbour of Hull.")
    assert [call["sights"] for call in calls] == [["fort"], ["harbour"]]


@pytest.mark.parametrize(
    "text",
    [
        "Plan 3 days in Oslo.",
        "Plan 3 days in Oslo, please, and don't hurry.",
        "Plan 3 days in Oslo and maybe Hull.",
    ],
)
def test_one_request_stays_one_call(text: str) -> None:
    assert made(ByHand(goal={"Oslo": 9.0, "Hull": 2.5}, days={"3": 9.0}), text) == []


def test_words_that_two_parameters_share_out_are_one_call() -> None:
    route = {"name": "route", "parameters": {"type": "object", "required": ["start", "goal"], "properties": {
        "start": {"type": "string"}, "goal": {"type": "string"}}}}  # fmt: skip
    both = {"Oslo": 8.0, "Hull": 8.0}
    turns = [("user", "From Oslo and to Hull")]
    assert several(ByHand(start=both, goal=both), turns, route) == []


def test_a_text_of_several_sentences_is_not_shared_out() -> None:
    text = "Oslo is dear. Hull is not"
    filler = ByHand(goal={text: 20.0, "Oslo": 9.0, "Hull": 9.0})
    assert made(filler, f'Plan "{text}" now.') == []


def test_only_the_newest_message_asks_and_only_a_users() -> None:
    filler = ByHand(goal={"Oslo": 9.0, "Hull": 9.0}, days={"3": 9.0})
    before = [("user", "Oslo and Hull are nice."), ("assistant", "They are.")]
    assert made(filler, "Plan Hull, for 3 days", *before) == []
    assert several(filler, [*before[:1], ("assistant", "Oslo and Hull?")], TRIP) == []
    calls = made(filler, "Plan Oslo and Hull", ("user", "I have 3 days."), ("assistant", "Where to?"))
    assert calls == [{"goal": "Oslo", "days": 3}, {"goal": "Hull", "days": 3}]


def test_what_cannot_be_cut_is_not_even_read() -> None:
    filler = ByHand(goal={"Oslo": 9.0})
    assert made(filler, "Plan Oslo") == []
    assert filler.read == []


def test_each_calls_own_words_are_read_alone() -> None:
    filler = ByHand(goal={"Oslo": 9.0, "Hull": 9.0})
    made(filler, "Plan Oslo and Hull today")
    assert filler.read == ["Plan Oslo and Hull today", "Plan Oslo", "Plan Hull today"]


def test_what_is_raised_between_passes_ends_the_work() -> None:
    def stop() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        several(ByHand(goal={"Oslo": 9.0}), [("user", "Oslo and Hull")], TRIP, stop)
