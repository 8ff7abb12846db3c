"""What the user told, as a text in which questions are looked up."""

from models.chat.told import asked, told


def said(*turns):
    return [{"role": role, "content": text} for role, text in turns]


def test_what_user_and_system_said_counts_and_what_the_assistant_made_of_it_does_not():
    rows = said(
        ("system", "The user is called Ada."),
        ("user", "My cat is Pomfret. "),
        ("assistant", "Noted, your cat's name is Pamfret."),
        ("user", "I moved to Oslo."),
        ("tool", "4 degrees"),
    )
    assert told(rows) == "The user is called Ada.\nMy cat is Pomfret.\nI moved to Oslo."


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
