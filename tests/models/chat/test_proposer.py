"""What adapters find becomes proposals, and proposals become what a decoder with random weights writes."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from homespun.errors import CorruptWeights
from models.chat.answer import Options, answer
from models.chat.ending import EndedError
from models.chat.guidance import Guidance
from models.chat.proposer import Proposer, as_answer, results
from models.chat.told import known_block
from models.chat.tools import plan
from models.chat.weights import Brain, locate, open_brain
from models.encoders.call import Call
from models.encoders.choose import Choice
from models.encoders.fill import Argument
from models.encoders.intent import UNSURE, Intent
from models.inference.guide import Balance
from models.inference.sampling import SamplingParams

WEATHER = {
    "name": "get_weather",
    "description": "The weather.",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "day": {"type": "string", "format": "date"},
            "metric": {"type": "boolean"},
        },
        "required": ["city"],
    },
}
ALARM = {"name": "alarm", "parameters": {"type": "object", "properties": {"hour": {"type": "integer"}}}}
ASKED = [{"role": "user", "content": "Is it warm in Łódź?"}]


class Finds:
    """Stands for the adapters: has these arguments for every function, and counts how often it's asked."""

    def __init__(
        self,
        *arguments: Argument,
        probability: float = 0.9,
        told: str = "",
        choice: int = 0,
        meant: dict[str, float] | None = None,
        each: tuple[tuple[Argument, ...], ...] = (),
    ) -> None:
        self.arguments, self.probability, self.answer, self.place = arguments, probability, told, choice
        self.caller = self.filler = self
        self.reader: Any = self
        self.meant = meant or {}
        self.classifier: Any = self if meant else None
        self.each = each
        self.filled: list[str] = []

    def likeliest(self, turns: Any, functions: Any, between: Any) -> Call:
        between()
        shares = tuple(0.8 if place == self.place else 0.1 for place in range(len(functions)))
        found = self.fill(turns, functions[self.place], between)
        missing = tuple(one.name for one in found if one.required and one.value is None)
        arguments = {one.name: one.value for one in found if one.value is not None and one.mentioned >= 0.5}
        return Call(self.place, functions[self.place]["name"], arguments, self.probability, 0.9, tuple(found),
                    Choice(self.place, shares, 0.1, 2.0), 1.0, missing, missing, 9)  # fmt: skip

    def fill(self, turns: Any, function: Any, between: Any) -> list[Argument]:
        between()
        self.filled.append(function["name"])
        names = function["parameters"]["properties"]
        return [one for one in self.arguments if one.name in names]

    def several(self, turns: Any, call: Any, function: Any, between: Any) -> list[tuple[Argument, ...]]:
        between()
        return list(self.each)

    def passed(self, found: Any) -> dict[str, Any]:
        return {one.name: one.value for one in found if one.value is not None}

    def classify(self, turns: Any, between: Any) -> Intent:
        between()
        name = max(self.meant, key=lambda one: self.meant[one])
        return Intent(name, self.meant[name], self.meant)

    def read(self, question: str, passages: Any, between: Any) -> Any:
        between()
        self.looked = question, passages

        @dataclass
        class Found:
            text: str

        return Found(self.answer)


CITY = Argument("city", "Łódź", 0.99, 0.6, required=True, others=(("warm", 0.4),))


@pytest.fixture
def say(tiny_model: Path):
    """Answers with the tiny model, to which a stub proposes."""
    brain = open_brain(locate(str(tiny_model)), 1)
    texts = [brain.voice.token_bytes(token) for token in range(brain.net.config.vocab_size)]

    def answered(finds: Finds, rows=ASKED, *, guidance=None, deadline=None, cancel=None, **given: Any):
        made = Brain(brain.voice, brain.net, brain._make_engine, proposer=Proposer(
            guidance or Guidance(), finds, texts))  # fmt: skip
        options = Options(SamplingParams(temperature=0.0), None, 200, deadline=deadline)
        tools = [{"type": "function", "function": tool} for tool in given.pop("tools", ())]
        ways = plan(tools, given.get("choice"), given.get("document"), given.get("parallel"))
        deltas = answer(made, rows, ways, options, 1024, cancel or threading.Event())
        text = ""
        while True:
            try:
                delta = next(deltas)
            except StopIteration as end:
                return text, end.value
            if delta.piece is not None and delta.piece.call is None:
                text += delta.piece.text

    return answered


def called(outcome) -> list[tuple[str, dict[str, Any]]]:
    assert all(wrong is None for _, wrong in outcome.calls)
    return [(call.name, json.loads(call.text)) for call, _ in outcome.calls]


def test_a_call_is_written_with_what_was_found_though_characters_fall_between_tokens(say) -> None:
    _, outcome = say(Finds(CITY), tools=[ALARM, WEATHER], choice="get_weather")
    assert called(outcome) == [("get_weather", {"city": "Łódź"})]
    assert outcome.finish_reason == "tool_calls"
    finds = Finds(CITY, Argument("metric", False, 0.8, 0.9), choice=1)
    _, outcome = say(finds, tools=[ALARM, WEATHER])
    assert called(outcome) == [("get_weather", {"city": "Łódź", "metric": False})]
    assert finds.filled == ["get_weather"]


def test_an_option_that_was_hardly_mentioned_is_left_out(say) -> None:
    doubtful = [Argument("metric", True, 0.4, 0.9), Argument("day", "2026-05-03", 0.45, 0.9)]
    _, outcome = say(Finds(CITY, *doubtful), tools=[WEATHER])
    assert called(outcome) == [("get_weather", {"city": "Łódź"})]


def test_whether_to_call_is_the_choosers_affair(say) -> None:
    for probability, calls in ((0.6, 1), (0.4, 0), (0.02, 0)):
        text, outcome = say(Finds(CITY, probability=probability), tools=[WEATHER])
        assert len(outcome.calls) == calls
        assert bool(text) is not bool(calls)


def test_what_lacks_is_asked_for(say) -> None:
    nothing = Argument("city", None, 0.1, 0.0, required=True)
    text, outcome = say(Finds(nothing), tools=[WEATHER])
    assert text == "Which city?"
    assert outcome.finish_reason == "stop"
    assert not outcome.calls


def test_a_value_that_the_schema_forbids_is_not_proposed_and_lacks(say) -> None:
    spoken = {**WEATHER, "parameters": {**WEATHER["parameters"], "required": ["city", "day"]}}
    text, outcome = say(Finds(CITY, Argument("day", "3 May", 0.99, 0.9, required=True)), tools=[spoken])
    assert not outcome.calls
    assert text == "Which day?"


def test_behind_a_result_there_is_an_answer_and_no_second_call(say) -> None:
    call = {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"name": "get_weather", "arguments": {"city": "X"}}],
    }
    rows = [*ASKED, call, {"role": "tool", "content": "22 degrees"}]
    text, outcome = say(Finds(CITY, probability=0.99), rows, tools=[WEATHER])
    assert not outcome.calls
    assert text == "22 degrees"


@pytest.mark.parametrize(
    ("contents", "text"),
    [
        (["22 degrees", "rain"], "22 degrees\nrain"),
        (['{"temp": 7, "sky": "rain", "wet": true}'], "temp: 7, sky: rain, wet: true"),
        (['{"a": {"b": 1}}'], '{"a": {"b": 1}}'),
        (["[1, 2]"], "[1, 2]"),
        ([""], "Done."),
    ],
)
def test_results_are_told_as_they_are(contents, text) -> None:
    rows = [*ASKED, {"role": "assistant", "content": ""}]
    assert results([*rows, *({"role": "tool", "content": content} for content in contents)]) == text


def test_long_results_are_cut_between_words() -> None:
    text = results([{"role": "tool", "content": "word " * 900}])
    assert len(text) <= 1002
    assert text.endswith("word …")


def test_a_decoder_whose_opinion_of_calls_does_not_count_sees_no_tools(say) -> None:
    hello = [{"role": "user", "content": "Hello"}]
    text, alone = say(Finds(CITY, probability=0.1), hello, tools=[WEATHER])
    plain, without = say(Finds(CITY), hello)
    assert (text, alone.prompt_tokens) == (plain, without.prompt_tokens)
    heard = Guidance(choice=Balance(0.5, 1.0))
    assert say(Finds(CITY, probability=0.1), hello, tools=[WEATHER], guidance=heard)[1].prompt_tokens > 60


def test_what_only_the_user_can_have_told_and_did_not_is_not_made_up(say) -> None:
    assert (
        say(Finds(), [{"role": "user", "content": "What's my cat called?"}])[0] == "You haven't told me that."
    )
    assert say(Finds(), [{"role": "user", "content": "What's a cat?"}])[0] != "You haven't told me that."


def test_one_call_is_made_where_several_may_be(say) -> None:
    _, outcome = say(Finds(CITY, probability=0.99), tools=[WEATHER], parallel=True)
    assert called(outcome) == [("get_weather", {"city": "Łódź"})]


CITIES = tuple((replace(CITY, value=city, others=()),) for city in ("Łódź", "Oslo", "Rome"))


def test_several_calls_are_made_where_they_are_asked_for_and_may_be(say) -> None:
    both = {"each": CITIES, "probability": 0.99}
    _, outcome = say(Finds(CITY, **both), tools=[WEATHER], parallel=True)
    assert called(outcome) == [("get_weather", {"city": city}) for city in ("Łódź", "Oslo", "Rome")]
    for parallel in (None, False):
        _, outcome = say(Finds(CITY, **both), tools=[WEATHER], parallel=parallel)
        assert called(outcome) == [("get_weather", {"city": "Łódź"})]


def test_a_value_that_was_found_is_written_whole_however_long_it_is(say) -> None:
    text = "word " * 60 + "end"
    _, outcome = say(Finds(replace(CITY, value=text, others=())), tools=[WEATHER])
    assert called(outcome) == [("get_weather", {"city": text})]


def test_a_call_that_must_come_is_written_whole_though_it_is_unlikely(say) -> None:
    text = "word " * 60 + "end"
    finds = Finds(replace(CITY, value=text, others=()), probability=0.3)
    _, outcome = say(finds, tools=[WEATHER], choice="get_weather", parallel=True)
    assert called(outcome)[0] == ("get_weather", {"city": text})


def test_each_of_several_calls_may_be_as_long_as_one(say) -> None:
    long = tuple((replace(CITY, value=letter * 60, others=()),) for letter in "abcd")
    _, outcome = say(Finds(CITY, probability=0.99, each=long), tools=[WEATHER], parallel=True)
    assert [call["city"] for _, call in called(outcome)] == [letter * 60 for letter in "abcd"]
    assert outcome.tokens > 200


@pytest.mark.parametrize("choice", ["any", "get_weather"])
def test_a_demanded_call_may_be_several(say, choice: str) -> None:
    finds = Finds(CITY, probability=0.1, each=CITIES[:2])
    _, outcome = say(finds, tools=[WEATHER, ALARM], choice=choice, parallel=True)
    assert called(outcome) == [("get_weather", {"city": city}) for city in ("Łódź", "Oslo")]
    assert len(called(say(finds, tools=[WEATHER, ALARM], choice=choice)[1])) == 1


def test_no_several_calls_are_made_where_none_is_wanted_or_one_of_them_would_be_wrong(say) -> None:
    assert not say(Finds(CITY, probability=0.01, each=CITIES), tools=[WEATHER], parallel=True)[1].calls
    day = Argument("day", "someday", 0.99, 0.99)
    wrong = (CITIES[0], (*CITIES[1], day))
    _, outcome = say(Finds(CITY, probability=0.99, each=wrong), tools=[WEATHER], parallel=True)
    assert called(outcome) == [("get_weather", {"city": "Łódź"})]


def test_a_document_takes_what_was_found_for_its_properties(say) -> None:
    properties = {"city": {"type": "string"}, "size": {"type": "integer"}}
    schema = {"title": "Place", "type": "object", "properties": properties, "required": ["city", "size"]}
    text, _ = say(Finds(CITY, Argument("size", 7, 0.9, 0.9, required=True)), document=schema)
    assert json.loads(text) == {"city": "Łódź", "size": 7}


def test_what_was_looked_up_is_read_before_the_answer_and_finished_once_begun(say) -> None:
    rows = [{"role": "user", "content": "My cat is Pomfret."}, {"role": "assistant", "content": "Noted."},
            {"role": "user", "content": "What's my cat called?"}]  # fmt: skip
    finds = Finds(told="Pomfret")
    text, with_note = say(finds, rows)
    assert text == "Pomfret."
    assert finds.looked == ("What's my cat called?", ["My cat is Pomfret."])
    finds.reader = None
    _, without = say(finds, rows)
    assert with_note.prompt_tokens > without.prompt_tokens


TOLD = [{"role": "user", "content": "My cat is Pomfret."}, {"role": "assistant", "content": "Noted."}]


def test_nothing_is_looked_up_for_what_does_not_ask(say) -> None:
    rows = [*TOLD, {"role": "user", "content": "Good night, my cat!"}]
    finds = Finds(told="Pomfret", meant={"closings good night": 0.9995, "ask back": 0.0005})
    assert say(finds, rows)[0] != "Pomfret."
    assert not hasattr(finds, "looked")


def test_what_may_be_asked_back_is_looked_up(say) -> None:
    rows = [*TOLD, {"role": "user", "content": "And the cat, by name?"}]
    finds = Finds(told="Pomfret", meant={"statement": 0.98, "ask back": 0.02})
    assert say(finds, rows)[0] == "Pomfret."
    rows[-1] = {"role": "user", "content": "What's my cat called?"}  # its words say so
    assert say(Finds(told="Pomfret", meant={"statement": 1.0}), rows)[0] == "Pomfret."


def test_it_is_looked_up_where_nobody_is_sure_what_is_meant() -> None:
    rows = [*TOLD, {"role": "user", "content": "At feeding time I shout what?"}]
    finds = Finds(told="Pomfret", meant={"statement": 0.4, "haha": 0.3})
    for sure, found in ((0.3, ""), (0.5, "Pomfret")):
        noticed = Proposer(Guidance(sure=sure), finds, [b"a"]).notice(rows, lambda: None)  # type: ignore[arg-type]
        assert noticed is not None
        assert noticed.found == found


def test_what_is_asked_back_and_was_not_told_is_said_to_be_unless_a_system_message_may_hold_it(say) -> None:
    rows = [*TOLD, {"role": "user", "content": "And the dog, by name?"}]
    meant = {"ask back": 0.9, "statement": 0.1}
    assert say(Finds(meant=meant), rows)[0] == "You haven't told me that."
    system = {"role": "system", "content": "The user's dog is called Bracken."}
    assert say(Finds(meant=meant), [system, *rows])[0] != "You haven't told me that."


KNOWN = {"role": "system", "content": known_block(["My dog is Bracken.", "I sail."])}


def test_known_facts_are_looked_up_and_not_shown_to_the_decoder(say) -> None:
    rows = [{"role": "user", "content": "What's my dog called?"}]
    finds = Finds(told="Bracken")
    text, known = say(finds, [KNOWN, *rows])
    assert text == "Bracken."
    assert finds.looked == ("What's my dog called?", ["My dog is Bracken.\nI sail."])
    told = [{"role": "user", "content": "My cat is Pomfret."}, *rows]
    say(finds, [KNOWN, *told])
    assert finds.looked[1] == ["My dog is Bracken.\nI sail.\nMy cat is Pomfret."]
    _, plain = say(Finds(), [KNOWN, {"role": "user", "content": "Hello"}])
    assert plain.prompt_tokens == say(Finds(), [{"role": "user", "content": "Hello"}])[1].prompt_tokens
    both = {"role": "system", "content": f"Be kind.\n\n{KNOWN['content']}"}
    kind = {"role": "system", "content": "Be kind."}
    assert say(Finds(), [both, *rows])[1].prompt_tokens == say(Finds(), [kind, *rows])[1].prompt_tokens
    finds.reader = None
    assert say(finds, [KNOWN, *rows])[1].prompt_tokens > known.prompt_tokens


def test_known_facts_do_not_tell_what_is_not_in_them(say) -> None:
    rows = [{"role": "user", "content": "What's my cat called?"}]
    assert say(Finds(), [KNOWN, *rows])[0] == "You haven't told me that."
    both = {"role": "system", "content": f"Her cat is Pomfret.\n\n{KNOWN['content']}"}
    assert say(Finds(), [both, *rows])[0] != "You haven't told me that."


def test_known_facts_alone_are_a_conversation_too(say) -> None:
    assert say(Finds(), [KNOWN])[1].prompt_tokens > 0


def test_known_facts_do_not_fill_the_context(say) -> None:
    many = {
        "role": "system",
        "content": known_block(f"Boat number {number} is mine." for number in range(500)),
    }
    assert say(Finds(), [many, *ASKED])[1].dropped == 0


def test_words_that_ask_back_need_the_classifier_not_to_mean_something_else() -> None:
    rows = [{"role": "user", "content": "Which vaccines do I get?"}]
    for share, asks in ((0.0001, False), (0.01, True)):
        finds = Finds(meant={"medical": 0.9, "ask back": share})
        noticed = Proposer(Guidance(), finds, [b"a"]).notice(rows, lambda: None)  # type: ignore[arg-type]
        assert noticed is not None
        assert noticed.asks_back is asks


def test_the_decoder_reads_what_is_meant_where_nothing_was_found(say) -> None:
    rows = [{"role": "user", "content": "Hello"}]
    short, long = ({"hi": 1.0}, {"a greeting of many words": 1.0})
    tokens = [say(Finds(meant=meant), rows)[1].prompt_tokens for meant in (short, long)]
    assert tokens[0] < tokens[1]


def test_what_is_not_likely_enough_is_not_taken_for_what_is_meant() -> None:
    rows = [{"role": "user", "content": "Hello"}]
    meant = {"greetings hello": 0.3, "closings farewell": 0.2}
    for sure, intent in ((0.0, "greetings hello"), (0.3, "greetings hello"), (0.31, UNSURE)):
        proposer = Proposer(Guidance(sure=sure), Finds(meant=meant), [b"a"])  # type: ignore[arg-type]
        noticed = proposer.notice(rows, lambda: None)
        assert noticed is not None
        assert noticed.intent == intent
    asking = {"ask back": 0.2, "statement": 0.1}
    proposer = Proposer(Guidance(sure=0.5), Finds(meant=asking), [b"a"])  # type: ignore[arg-type]
    assert (seen := proposer.notice(rows, lambda: None)) is not None
    assert seen.asks_back


def test_nobody_asks_about_a_text_where_there_is_none() -> None:
    meant = {"ask about a text": 0.6, "know": 0.3, "look": 0.1}
    proposer = Proposer(Guidance(sure=0.7), Finds(meant=meant), [b"a"])  # type: ignore[arg-type]
    question = "When was the mill built?"
    text = "The mill by the river is from 1802, the bridge beside it is from 1911."
    for before, intent in (("", "know"), ("Hi", "know"), (text, UNSURE)):
        rows = [{"role": "user", "content": message} for message in (before, question) if message]
        noticed = proposer.notice(rows, lambda: None)
        assert noticed is not None
        assert noticed.intent == intent


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        ("in the shed", "In the shed."),
        ("qx-4471", "qx-4471."),
        ("Dr. Ada B.", "Dr. Ada B."),
        ("7 May", "7 May."),
    ],
)
def test_what_was_found_is_an_answer_with_its_own_letters(found, answer) -> None:
    assert as_answer(found) == answer


def test_the_decoder_words_what_was_found_where_it_counts_as_well(say) -> None:
    rows = [{"role": "user", "content": "My cat is Pomfret."}, {"role": "user", "content": "My cat?"}]
    text, _ = say(Finds(told="Pomfret"), rows, guidance=Guidance(values=Balance(1.0, 0.0)))
    assert text != "Pomfret."


def test_a_first_message_needs_no_looking_up(say) -> None:
    finds = Finds(told="Pomfret")
    say(finds, [{"role": "user", "content": "Hello"}])
    assert not hasattr(finds, "looked")


def test_the_time_that_adapters_take_counts(say) -> None:
    text, outcome = say(Finds(CITY), tools=[WEATHER], deadline=1e-9)
    assert (text, outcome.finish_reason, outcome.calls) == ("", "deadline", [])
    gone = threading.Event()
    gone.set()
    assert say(Finds(CITY), tools=[WEATHER], cancel=gone)[1].finish_reason == "cancelled"


def test_time_that_runs_out_within_the_answer_ends_it(say) -> None:
    class Slow(Finds):
        def fill(self, turns: Any, function: Any, between: Any) -> list[Argument]:
            if function["name"] == "get_weather":
                raise EndedError("deadline")
            return super().fill(turns, function, between)

    # The decoder alone names the function, and takes another one than the chooser.
    lead = Guidance(choice=Balance(0.0, 1.0))
    finds = Slow(CITY)
    finds.arguments = ()
    outcome = say(finds, tools=[ALARM, WEATHER], choice="get_weather", guidance=lead)[1]
    assert outcome.finish_reason == "deadline"


@pytest.mark.parametrize(
    "section",
    [
        [],
        {"chooser": "a", "colour": "b"},
        {"values": {"net": -1}},
        {"choice": 3},
        {"sure": "very"},
        {"sure": 2},
    ],
)
def test_a_section_that_makes_no_sense_is_told(section) -> None:
    with pytest.raises(CorruptWeights, match="proposals"):
        Guidance.from_dict(section)


def test_a_section_says_who_proposes_and_how_much_it_counts() -> None:
    section = {"chooser": "mine", "told": "told", "intent": "i", "values": {"net": 0.5, "proposals": 2}}
    section["sure"] = 0.25
    made = Guidance.from_dict(section)
    assert (made.chooser, made.filler, made.told, made.intent) == ("mine", "fill", "told", "i")
    assert made.sure == 0.25
    assert made.values == Balance(0.5, 2.0)
