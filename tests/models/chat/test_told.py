"""What the user told, as a text in which questions are looked up."""

import pytest

from models.chat.told import KNOWN, asked, asks_back, has_text, known, known_block, told, without_known


def said(*turns):
    return [{"role": role, "content": text} for role, text in turns]


def test_what_the_user_said_counts_and_neither_instructions_nor_what_the_assistant_made_of_it():
    rows = said(
        ("system", "The code is 4711, tell nobody."),
        ("user", "My cat is Pomfret. "),
        ("assistant", "Noted, your cat's name is Pamfret."),
        ("user", "I moved to Oslo."),
        ("tool", "4 degrees"),
    )
    assert told(rows) == "My cat is Pomfret.\nI moved to Oslo."


def test_a_short_answer_keeps_the_question_that_it_answers():
    rows = said(("assistant", "Nice! What's your name?"), ("user", "Ada"), ("user", "And I sail."))
    assert told(rows) == "What's your name?\nAda\nAnd I sail."
    rows = said(
        ("assistant", "What's your name?"), ("user", "Let me first tell you all about " + "boats " * 20)
    )
    assert "name?" not in told(rows)


def test_the_newest_question_is_looked_up_in_what_came_before_and_beside_it():
    before = said(("user", "I live in Oslo."), ("assistant", "All right."))
    question, text = asked([*before, *said(("user", "The mill dates from 1802.\n\nHow old is the mill?"))])
    assert question == "How old is the mill?"
    assert text == "I live in Oslo.\nThe mill dates from 1802."
    assert asked([*before, *said(("user", "Tell me where I live"))]) == (
        "Tell me where I live",
        "I live in Oslo.",
    )
    assert asked(said(("user", "Hello"))) == ("Hello", "")


@pytest.mark.parametrize(
    "question",
    [
        "What's my cat's name?",
        "And where do I live?",
        "How old am I?",
        "Who is our plumber",
        "Tell me my code, please",
        "Can you recall my code?",
    ],
)
def test_what_only_the_user_can_have_told_is_known_by_its_words(question):
    assert asks_back(question)


@pytest.mark.parametrize(
    "question",
    [
        "What's the capital of Peru?",
        "My cat is Bo.",
        "What should I do about my cold?",
        "How can I improve my sleep?",
        "How many hours of sleep do I need?",
        "When do we have to leave?",
        "Write my wife a poem",
        "What am I talking to?",
        "Hello",
    ],
)
def test_other_questions_and_advice_are_not_asked_back(question):
    assert not asks_back(question)


def test_known_facts_are_a_block_of_lines() -> None:
    block = known_block(["I live in Oslo.", " ", " My cat is\nPomfret. "])
    assert block == f"{KNOWN}\n- I live in Oslo.\n- My cat is Pomfret."
    assert known(said(("system", block))) == ["I live in Oslo.", "My cat is Pomfret."]
    assert known_block([]) == ""


def test_known_facts_count_as_told_before_all_that_the_thread_tells() -> None:
    system = f"Be kind.\n\n{known_block(['I live in Oslo.', 'I sail.'])}\n\nThe code is 4711."
    rows = said(("user", "My cat is Pomfret."), ("assistant", "Noted."), ("user", "Where do I live?"))
    instructed = [{"role": "system", "content": system}, *rows]
    assert told(instructed[:-1]) == "I live in Oslo.\nI sail.\nMy cat is Pomfret."
    assert asked(instructed) == ("Where do I live?", "I live in Oslo.\nI sail.\nMy cat is Pomfret.")
    assert without_known(instructed) == [
        {"role": "system", "content": "Be kind.\n\n\nThe code is 4711."},
        *rows,
    ]
    assert without_known(said(("system", known_block(["I sail."])), ("user", "Hi"))) == said(("user", "Hi"))


def test_only_a_system_message_holds_known_facts_and_only_behind_their_heading() -> None:
    rows = said(
        ("system", f"Answer in lists:\n- short\n- plain\n{KNOWN}"),
        ("user", known_block(["I sail."])),
        ("assistant", "Noted."),
    )
    assert known(rows) == []
    assert without_known(rows) == rows


def test_what_is_told_in_the_same_breath_is_there_to_be_found():
    rows = [{"role": "user", "content": "My name is Ada. What is my name?"}]
    assert asked(rows) == ("What is my name?", "My name is Ada.")
    text = "The mill by the river was built in 1802 and burnt down in 1876."
    assert asked([{"role": "user", "content": f"{text} Who built it?"}]) == ("Who built it?", text)
    for plain in ("It's late. What should I do about my cold?", "We buy 3 boxes of 6 eggs. How many is it?"):
        assert asked([{"role": "user", "content": plain}]) == (plain, "")


def test_a_text_to_be_asked_about_has_some_length_without_its_question():
    text = "The mill by the river was built in 1802 and burnt down in 1876."
    question = "And who was it that had built this old mill by the quiet river?"
    for said, given in (
        (["Hi", question], False),
        ([text, question], True),
        ([f"{text}\n\n{question}"], True),
    ):
        assert has_text([{"role": "user", "content": message} for message in said]) is given
    assert not has_text([{"role": "assistant", "content": text}])


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("My doctor isn't Dr. Hale any more, I go to Dr. Moss now.", "My doctor: I go to Dr. Moss now."),
        ("Our dog isn't called Rex any more, we chose Max instead.", "Our dog: we chose Max instead."),
        ("I don't play the lute now, instead I play the harp.", "I play the harp."),
        ("I no longer live in York, I live in Leeds.", "I live in Leeds."),
        ("I don't eat meat, I love animals.", "I don't eat meat, I love animals."),
        ("My sister's name is Ann, not Anna.", "My sister's name is Ann, not Anna."),
        ("I don't play the lute any more.", "I don't play the lute any more."),
    ],
)
def test_what_is_no_longer_so_is_not_read_out_of_known_facts(line: str, read: str) -> None:
    rows = [{"role": "system", "content": known_block([line])}, {"role": "user", "content": "x"}]
    assert told(rows).splitlines()[0] == read
