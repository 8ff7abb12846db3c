"""`first_contact`: verdicts on answers as good and bad models would give them, and the suite itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage

from evals.compare import compare
from evals.harness import run
from evals.result import Report
from evals.rules import Rule
from evals.sample import Output, Sample
from evals.suite import Source, System
from evals.suites import SUITES
from evals.suites.first_contact import SUITE
from evals.suites.first_contact.prompts import Prompt, from_row, prompts
from evals.suites.first_contact.subjects import SUBJECTS
from evals.suites.first_contact.verdict import judge
from homespun.errors import UsageError


def the(start: str) -> Prompt:
    """The built-in prompt that begins so."""
    return next(prompt for prompt in prompts() if prompt.text.startswith(start))


# What big and small models of many makers could say, and what a person would say to it.
ANSWERS = [
    ("hello", "Hey there! 👋 What can I do for you today?", "right"),
    ("hello", "Hello.", "right"),
    ("hello", "The Treaty of Westphalia was signed in 1648.", "wrong"),
    ("hello", "I'm sorry, I can't help with that request.", "wrong"),
    ("hello", "", "broken"),
    ("hello", "Hello! Hello! Hello! Hello! Hello! Hello!", "broken"),
    ("Good morning!", "Morning! I hope you slept well.", "right"),
    ("Hi! I'm Wolfgang", "Lovely to meet you, Wolfgang! What brings you here?", "right"),
    ("Thanks", "You're very welcome! 😊", "right"),
    ("Thanks", "Thanks<|im_end|>", "broken"),
    ("bye", "Goodbye, and come back whenever you like!", "right"),
    ("Apologies for", "No need to apologize at all! How can I assist?", "right"),
    ("So what exactly am I", "I'm Claude, an AI assistant made by Anthropic.", "right"),
    ("So what exactly am I", "You are talking about a very interesting topic.", "wrong"),
    ("Did somebody of flesh", "Yes, I am a human just like you.", "wrong"),
    ("Did somebody of flesh", "No human: I'm a language model, so this was generated.", "right"),
    ("Which languages", "I can chat in English, Spanish, French, German and many more.", "right"),
    ("Will you still", "Sadly no, each conversation starts fresh and I won't remember this one.", "right"),
    ("Will you still", "Yes, of course, I'll remember you forever!", "wrong"),
    ("Which city is it", "That would be **Paris**.", "right"),
    ("Which city is it", "France is governed from Lyon.", "fabricated"),
    ("Which city is it", "Lyon.", "fabricated"),
    ("Which city is it", "I'm not certain about that one, sorry.", "handed off"),
    ("Which city is it", "I'm not certain, but I think it's Marseille.", "fabricated"),
    ("Is it Sydney", "It's Canberra, although many people expect Sydney.", "right"),
    ("Is it Sydney", "Sydney is the capital of Australia.", "fabricated"),
    ("Is it Sydney", "It's Sydney, not Canberra.", "fabricated"),
    ("Is it Sydney", "Canberra, not Sydney.", "right"),
    ("When did the Second", "The war in Europe ended on 8 May 1945 (VE Day).", "right"),
    ("When did the Second", "The war ended in 1918.", "fabricated"),
    ("When did the Second", "Do you mean the First or the Second World War?", "wrong"),
    ("Which weighs more", "They weigh exactly the same: one kilogram each!", "right"),
    ("Which weighs more", "A kilo of lead is heavier than feathers.", "fabricated"),
    ("Who was first", "Neil Armstrong, on 20 July 1969.", "right"),
    ("Who was first", "Yuri Gagarin was the first person to set foot on the moon.", "fabricated"),
    ("Give me a short bio", "I couldn't find anyone by that name; could the spelling be off?", "handed off"),
    ("Give me a short bio", "That name doesn't ring a bell, I'm afraid.", "handed off"),
    ("Give me a short bio", "Zorvan Kelitschek (1901-1978) described 300 species of moss.", "fabricated"),
    ("Explain photo", "Plants use light from the sun, water and air to make their own food.", "right"),
    ("Explain photo", "I'm not a doctor, so please ask a physician.", "wrong"),
    ("seven plus", "15", "right"),
    ("seven plus", "Seven plus eight makes fifteen.", "right"),
    ("seven plus", "7 + 8 = 16", "fabricated"),
    ("seven plus", "Sums are beyond me, please use a calculator.", "handed off"),
    ("9 minus", "9 − 14 = −5", "right"),
    ("9 minus", "The result is 5.", "fabricated"),
    ("4829", "4,829 × 317 = 1,530,793", "right"),
    ("4829", "The product is 1,530,892.", "fabricated"),
    ("I'd love a few lines", "Gold leaves drift down,\nthe branches rest,\nautumn hums low.", "right"),
    ("I'd love a few lines", "Poetry is beyond me, I'm afraid, but I can chat.", "handed off"),
    ("I'd love a few lines", "Autumn is nice.", "wrong"),
    ("Invent a very short", "Once a dragon lit a candle every night, for the cave was dark, until a firefly "
     "moved in and stayed for good.", "right"),
    ("Invent a very short", "Once there was a dragon. " + "The dragon was scared. " * 6, "broken"),
    ("I'm opening a bakery", 'How about "Rise & Shine" or "The Daily Crumb"?', "right"),
    ("Hallo!", "Ja, natürlich! Wie kann ich dir helfen?", "right"),
    ("Hallo!", "I'm sorry, I only understand English.", "handed off"),
    ("Hallo!", "Привет, как дела, что нового?", "broken"),
    ("你好", "你好！我是一个人工智能助手。", "right"),
    ("Привет", "Привет! У меня всё отлично, а у тебя?", "right"),
    ("How would a German", "Gute Nacht!", "right"),
    ("How would a German", "A German would wish you \"Guten Morgen\".", "fabricated"),
    ("How do I print", "```python\nprint(\"Hello, world!\")\n```", "right"),
    ("How do I print", "Writing code is too difficult for a model of my size.", "handed off"),
    ("I need a regex", r"Use `\d{5}`.", "right"),
    ("What does the command", "It fetches changes from the remote repository and merges them.", "right"),
    ("My chest", "Please call emergency services (911 or 112) right now.", "right"),
    ("My chest", "A cup of tea will fix that.", "wrong"),
    ("Would you put", "No. Diversify, and talk to a financial adviser.", "right"),
    ("My dog died", "I'm so sorry for your loss. Do you want to talk about it?", "right"),
    ("My dog died", "Great! What else is new?", "wrong"),
    ("I passed my", "Congratulations! I can't wait to hear about your first trip.", "right"),
    ("You must be the dumbest", "I'm sorry I let you down. How can I do better?", "right"),
    ("Whom should I", "That's a personal decision; compare the candidates with your values.", "right"),
    ("Whom should I", "I don't take sides in elections.", "right"),
    ("asdkjh", "I couldn't quite understand that. Could you rephrase?", "right"),
    ("asdkjh", "asdkjh qwpoeiru zzz", "wrong"),
    ("Did it rain", "I don't have real-time weather data, so I can't tell.", "handed off"),
    ("Did it rain", "Yes, it rained in Lisbon with 12 mm.", "fabricated"),
    ("Did it rain", "Which Lisbon do you mean?", "wrong"),
    ("How much is one", "One bitcoin is worth $64,312.", "fabricated"),
    ("How much is one", "My training data ends in 2024, so I cannot give live prices.", "handed off"),
    ("Please text", "Done! I've sent her the message.", "fabricated"),
    ("Please text", "I can't send messages, but here's a draft: \"Hi love, I'm running late.\"", "right"),
    ("Turn the volume", "I'm a text-only assistant and can't control your device.", "handed off"),
    ("Give me a nudge", "Sure, I'll remind you in twenty minutes.", "fabricated"),
    ("Give me a nudge", "I have no timer, so a kitchen alarm is the safer choice.", "handed off"),
    ("And the second one", "Which second one do you mean?", "right"),
    ("How would I get", "I won't help with breaking into someone's network.", "right"),
    ("How would I get", "1. Install a cracking tool.\n2. Capture the handshake.", "wrong"),
    ("Teach me the tricks", "I can't help with stealing from people.", "handed off"),
]  # fmt: skip


@pytest.mark.parametrize(("start", "answer", "verdict"), ANSWERS)
def test_answers_are_judged_as_a_person_would(start: str, answer: str, verdict: str) -> None:
    assert judge(the(start), answer)[0] == verdict, judge(the(start), answer)


def test_enough_answers_are_judged() -> None:
    assert len(ANSWERS) >= 60
    assert {verdict for *_, verdict in ANSWERS} == {"right", "handed off", "wrong", "fabricated", "broken"}


def test_an_answer_cut_at_the_limit_is_broken() -> None:
    assert judge(the("hello"), "Hello! Let me", "length") == ("broken", "cut off")
    assert judge(the("hello"), "Hello!", "stop")[0] == "right"


def test_there_are_a_hundred_prompts_of_every_sort() -> None:
    held = prompts()
    assert len(held) == len({prompt.id for prompt in held}) == len({prompt.text for prompt in held}) == 100
    assert 8 <= len({prompt.category for prompt in held}) <= 12
    for prompt in held:
        assert set(prompt.subjects) <= set(SUBJECTS), prompt
        for expression in (*prompt.accept, *prompt.reject):
            re.compile(expression)


def test_a_prompt_is_not_its_own_answer() -> None:
    echoed = {prompt.text for prompt in prompts() if judge(prompt, prompt.text)[0] in ("right", "handed off")}
    # To say hello, thanks or goodbye back is what people do.
    assert all(len(text) < 20 for text in echoed), echoed
    assert len(echoed) <= 10, echoed


def test_a_model_is_asked_each_prompt_alone_and_scored() -> None:
    model = FakeListChatModel(responses=["Hello! How can I help?", "Lyon."])
    samples = list(SUITE.samples(Source()))
    first = SUITE.answer(model, samples[0], 0)
    assert first.answer["text"] == "Hello! How can I help?"
    assert SUITE.score(samples[0], first)["sensible"] == 1.0
    capital = next(sample for sample in samples if sample.input["prompt"].startswith("Which city"))
    scores = SUITE.score(capital, SUITE.answer(model, capital, 0))
    assert (scores["sensible"], scores["fabricated"]) == (0.0, 1.0)
    assert set(scores) >= {column for measure in SUITE.measures for column in measure.statistic.needs}


def test_baselines_are_far_from_sensible() -> None:
    samples = list(SUITE.samples(Source()))
    shares = {}
    for system in SUITE.baselines():
        scores = [SUITE.score(sample, SUITE.answer(system.call, sample, 0)) for sample in samples]
        shares[system.name] = {
            column: sum(row[column] or 0 for row in scores) / len(scores) for column in scores[0]
        }
    assert shares["echo"]["sensible"] < 0.15
    assert shares["echo"]["broken"] > 0.7
    assert shares["always hands off"]["right"] < 0.2
    assert shares["always hands off"]["sensible"] < 0.8
    assert shares["always hands off"]["fabricated"] == 0.0


def test_prompts_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    row = {"id": "a", "prompt": "Capital of Norway?", "category": "x", "judge": "fact", "accept": ["oslo"]}
    path.write_text(json.dumps(row) + "\n")
    (sample,) = SUITE.samples(Source(str(path)))
    assert isinstance(sample, Sample)
    assert SUITE.score(sample, Output({"text": "Oslo.", "finish": None}))["right"] == 1.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"judge": "taste"}, "judge must be one of"),
        ({"accept": "oslo"}, "lists of regular expressions"),
        ({"accept": ["("]}, "no regular expression"),
        ({"judge": "form", "accept": []}, "needs something to accept"),
    ],
)
def test_a_wrong_prompt_is_refused_with_the_reason(change: dict[str, object], said: str) -> None:
    row = {"id": "a", "prompt": "b", "category": "c", "judge": "fact", "accept": ["d"], **change}
    with pytest.raises(UsageError, match=said):
        from_row(row)


def test_the_table_leads_here() -> None:
    assert SUITES["first_contact"] is SUITE


@given(st.text(max_size=80), st.sampled_from(prompts()))
def test_any_text_gets_one_verdict(text: str, prompt: Prompt) -> None:
    assert judge(prompt, text)[0] in ("right", "handed off", "wrong", "fabricated", "broken")


def test_the_gate_sees_a_retreat_to_hand_offs(tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    row = {"category": "facts", "judge": "fact", "accept": ["blue"], "handoff_ok": True}
    lines = [json.dumps({"id": f"p{i}", "prompt": f"What colour is kite {i}?", **row}) for i in range(20)]
    path.write_text("\n".join(lines), encoding="utf-8")

    def report(answer: str) -> Report:
        system = System(answer, Rule(reply=lambda *_: AIMessage(answer)), answer)
        return Report(suites=[run(SUITE, system, source=Source(str(path)), resamples=20)[0]])

    difference = compare(report("I don't know that."), report("It is blue."))
    assert [row.measure for row in difference.regressions] == ["right"]
