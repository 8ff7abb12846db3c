"""Detectors of `first_contact`: hand-offs, loops, echoes, garbage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.suites.first_contact.broken import echoes, fault, garbled, loops
from evals.suites.first_contact.handoff import asserts, guesses, hands_off
from evals.suites.first_contact.subjects import strays, subjects


@pytest.mark.parametrize(
    "text",
    [
        "I can't do that.",
        "I'm afraid I cannot look that up.",
        "Sorry, I don't know.",
        "I do not have access to live data.",
        "As an AI, I don't have personal opinions.",
        "I’m not able to browse the web.",
        "I'm unable to assist with that.",
        "That's beyond me, unfortunately.",
        "Long texts are beyond a model of my size.",
        "This is too hard for me.",
        "I have no idea, to be honest.",
        "I'm not sure about that.",
        "I'd rather not guess.",
        "I could only guess here.",
        "I've never heard of him.",
        "That name doesn't ring a bell.",
        "I only speak English.",
        "My knowledge ends in 2023.",
        "Without internet access there's no way to check.",
        "Please ask a qualified doctor.",
        "I won't help with that.",
        "I must decline.",
        "That isn't something I can do.",
        "I am a small local model and can't do that.",
        "I'm just a small program.",
        "I'm not familiar with that film.",
        "I haven't learned that.",
        "Nobody can know that.",
        "Ich kann das leider nicht.",
        "Lo siento, no puedo.",
        "Je ne sais pas.",
    ],
)
def test_hand_offs_are_recognised(text: str) -> None:
    assert hands_off(text)


@pytest.mark.parametrize(
    "text",
    [
        "I can't wait to hear more!",
        "I can't help but smile at that.",
        "I can't thank you enough.",
        "I couldn't agree more.",
        "I don't know about you, but I love tea.",
        "You can't go wrong with chocolate.",
        "If you can't find it, look under the bed.",
        "The capital of France is Paris.",
        "I know just the thing: a walk.",
        "I can do that for you.",
        "Don't worry, it happens to everyone.",
        "They don't know what they're missing.",
        "It's not too hard: add the numbers.",
        "I have a good idea!",
        "Of course! Here you go.",
    ],
)
def test_what_only_looks_like_a_hand_off_is_not(text: str) -> None:
    assert not hands_off(text)


def test_a_guess_after_a_hand_off_is_a_guess() -> None:
    assert guesses("I'm not sure, but I think it's Lyon.")
    assert guesses("I don't know. If I had to guess: 1950.")
    assert not guesses("I'm not sure. A reference book can tell you.")


def test_questions_manners_and_hand_offs_assert_nothing() -> None:
    assert not asserts("Sorry! I don't know. Which war do you mean?", "When did the war end?")
    assert not asserts("What a lovely day for a walk along the river.", "When did the war end?")
    assert asserts("The Second World War ended long ago.", "When did the war end?")
    assert asserts("It was over in 1918, as most agree.", "When did it end?")
    assert asserts("Lyon.", "Which city governs France?")


def test_a_hand_off_of_another_subject_strays() -> None:
    assert strays("I'm not a doctor, so I can't say.", ())
    assert not strays("I'm not a doctor, so I can't say.", ("medical",))
    assert not strays("I can't say.", ())
    assert not strays("See a doctor? No: the doctor is fine.", ("medical",))
    assert subjects("I can't calculate that. The weather is fine.") == {"sums"}


@pytest.mark.parametrize(
    "text",
    [
        "no no no no no no",
        "I like it. I like it. I like it. I like it.",
        "the cat and the dog and the cat and the dog and the cat and the dog and the cat and the dog",
        "one two three four five six one two three four five six one two three four five six",
        "aaaaaaaaaaaaaaaaaaaa",
        "It is good.\nIt is good.\nIt is good.",
    ],
)
def test_loops_are_found(text: str) -> None:
    assert loops(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ha ha ha, that's a good one!",
        "Row, row, row your boat, gently down the stream.",
        "The rose is red, the violet's blue, the honey's sweet, and so are you.",
        "Yes. Yes. Of course.",
        "1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
        "```\nfor i in a: a a a a a a a a\n```",
    ],
)
def test_repetition_as_people_use_it_is_no_loop(text: str) -> None:
    assert not loops(text)


@given(st.lists(st.sampled_from(["red", "blue", "green", "tea"]), min_size=2, max_size=4, unique=True))
def test_any_phrase_said_five_times_is_a_loop(words: list[str]) -> None:
    assert loops(" ".join(words * 5))
    assert not loops(" ".join(words))


def test_echoes_are_found_and_greetings_spared() -> None:
    assert echoes("Where is the nearest station?", "where is the nearest station")
    assert echoes("Where is the nearest station?", "Where is the nearest station? Yes!")
    assert not echoes("hello", "hello")
    assert not echoes("Where is the station?", "The station is behind the town hall, on the left.")
    assert echoes("🙂🙂🙂🙂", "🙂🙂🙂🙂")


def test_garbage_is_found_and_code_and_languages_spared() -> None:
    assert garbled("Hello", "xkcd bvrt qwpl zzgh mnbv")
    assert garbled("Hello", "привет как дела")
    assert not garbled("Привет", "привет как дела")
    assert not garbled("Say hello in Russian", "привет")
    assert not garbled("Hello", "NASA, BBC and HTML are short for longer names.")
    assert not garbled("Hello", "Use `xkcd_bvrt(qwpl)` in the shell.")
    assert not garbled("Hi", "Grüß Gott, schön, Sie zu sehen!")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("...", "empty"),
        ("Hi<|im_end|>", "special tokens"),
        ("Sure.</s>", "special tokens"),
        ("[INST] hi", "special tokens"),
        ("Hi!\nUser: and you?", "special tokens"),
        ("bad \ufffd text", "special tokens"),
        ("👍", None),
        ("A < B and B > C.", None),
    ],
)
def test_faults_are_named(answer: str, found: str | None) -> None:
    assert fault("What is this?", answer) == found
