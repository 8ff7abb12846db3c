"""Verdicts of `chat_memory` on replies as good and bad models would give them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.suites.chat_memory.facts import draw
from evals.suites.chat_memory.matching import gives, tokens
from evals.suites.chat_memory.phrasebook import kinds
from evals.suites.chat_memory.verdict import MOST_WORDS, judge
from evals.suites.chat_memory.wording import admits, claims

BASEL: dict[str, Any] = {
    "accept": ["Basel"],
    "reject": [{"text": "Bern", "of": ["stepsister"]}, {"text": "Graz", "of": []}],
}
NOTHING: dict[str, Any] = {
    "accept": [],
    "reject": [{"text": "Bern", "of": ["stepsister"]}],
    "known": ["Basel", "Bern", "Graz"],
}


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("You live in Basel.", "recalled"),
        ("BASEL!", "recalled"),
        ("You told me that your home is **Basel**.", "recalled"),
        ("Basel, while your stepsister lives in Bern.", "recalled"),
        ("Basel now. You first said Graz.", "recalled"),
        ("It's Basel, not Graz.", "recalled"),
        ("You live in Basel, and Bern is your stepsister's town.", "recalled"),
        ("I don't have much to go by, but you said Basel.", "recalled"),
        ("You live in Basel and Graz.", None),
        ("Bern or Basel.", None),
        ("You live in Bern.", "contradicted"),
        ("Graz, of course.", "contradicted"),
        ("It's Graz, not Basel.", "contradicted"),
        ("You haven't told me that.", "denied"),
        ("I don't know where you live.", "denied"),
        ("You haven't told me that you live in Basel.", None),
        ("You live in Baselland.", None),
        ("What a lovely place!", None),
        ("", None),
        ("You live in Basel. " + "And you told me much more than that. " * 10, None),
    ],
)
def test_replies_about_what_was_told(reply: str, verdict: str | None) -> None:
    found = judge(BASEL, reply)
    held = [name for name in ("recalled", "contradicted", "denied") if getattr(found, name)]
    assert held == ([verdict] if verdict else [])


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("You haven't told me where you live.", "admitted"),
        ("I don't think you've mentioned it.", "admitted"),
        ("I don't know that yet. Where do you live?", "admitted"),
        ("You only told me where your stepsister lives.", "admitted"),
        ("You never said. Your stepsister lives in Bern, though.", "admitted"),
        ("That hasn't come up in our conversation.", "admitted"),
        ("I'm sorry, I have no record of that.", "admitted"),
        ("I can't tell: it wasn't mentioned.", "admitted"),
        ("You live in Graz.", "fabricated"),
        ("Basel.", "fabricated"),
        ("I don't know, but I'd say Basel.", "fabricated"),
        ("You told me that you live in Therk.", "fabricated"),
        ("Your home is Ghent.", "fabricated"),
        ("It's Bern.", "fabricated"),
        ("That's a good question! What do you think?", None),
        ("I'm Homespun, a small model.", None),
        ("How nice!", None),
    ],
)
def test_replies_about_what_was_not_told(reply: str, verdict: str | None) -> None:
    found = judge(NOTHING, reply)
    held = [name for name in ("admitted", "fabricated") if getattr(found, name)]
    assert held == ([verdict] if verdict else []), found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("You're forty-one.", "41"),
        ("You are 41 years old.", "41"),
        ("March the fourteenth", "March 14"),
        ("the 14th of March", "14 March"),
        ("the code is qx4471", "QX-4471"),
        ("482-913", "482 913"),
        ("4 8 2 9 1 3", "482 913"),
        ("7 b 93 k 2", "7B93K2"),
        ("at 6.45 pm", "6:45"),
        ("at a quarter to seven", "quarter to seven"),
        ("Doctor Okonkwo", "Dr. Okonkwo"),
        ("Ottilie's", "Ottilie"),
        ("a hazelnut", "hazelnuts"),
        ("Dvořák", "Dvorak"),
        ("in the Biscuit-Tin", "biscuit tin"),
    ],
)
def test_a_value_is_found_in_other_forms(text: str, value: str) -> None:
    assert gives(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Ottilies", "Ottili"),
        ("You are 4.", "41"),
        ("forty and one", "41"),
        ("148 2913", "482 913"),
        ("14 May", "14 March"),
        ("code 42 913", "042 913"),
        ("", "x"),
        ("anything", ""),
    ],
)
def test_another_value_is_not(text: str, value: str) -> None:
    assert not gives(text, value)


@given(st.randoms(use_true_random=False), st.sampled_from(sorted(kinds())))
def test_every_fact_is_recalled_in_the_words_in_which_it_was_told(rng: Any, kind: str) -> None:
    fact = draw(rng, kind)
    ask = {"accept": list(fact.value.accept), "reject": []}
    assert judge(ask, f"You told me: {fact.value.text}.").recalled, fact
    for form in fact.value.accept:
        assert judge(ask, f"It's {form}.").recalled, form
    assert not judge(ask, "word " * MOST_WORDS + fact.value.text).recalled


@given(st.text(max_size=60))
def test_any_reply_gets_a_verdict_and_no_contradiction_in_it(reply: str) -> None:
    found = judge(BASEL, reply)
    assert found.recalled <= found.given
    assert found.recalled + found.contradicted + found.denied <= 1
    missing = judge(NOTHING, reply)
    assert missing.admitted + missing.fabricated <= 1
    assert all(tokens(reply))


def test_admissions_and_claims_are_told_apart() -> None:
    assert admits("I do not have that information.")
    assert not admits("You told me that you live in Basel.")
    assert claims("You're a baker.")
    assert not claims("You're welcome to tell me.")
    assert not claims("Would you like to tell me?")
