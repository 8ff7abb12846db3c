"""What a call lacks and how it's asked for."""

import pytest

from models.chat.asking import look_at, question_for
from models.encoders.call import Call
from models.encoders.choose import Choice

BOOK = {
    "name": "book",
    "description": "Books a table.",
    "parameters": {
        "type": "object",
        "properties": {"guests": {"type": "integer"}, "table_name": {"type": "string"}},
        "required": ["guests", "table_name"],
    },
}


def call(arguments, *, willing=0.9, unmentioned=(), missing=()):
    return Call(
        0, "book", arguments, 0.8, willing, (), Choice(0, (0.9,), 0.1, 2.0), 1.0, unmentioned, missing, 9
    )


def test_a_whole_call_asks_for_nothing():
    found = look_at(call({"guests": 2, "table_name": "oak"}), BOOK)
    assert found.possible
    assert found.question is None
    assert not found.lacking


def test_what_is_missing_or_of_the_wrong_type_is_asked_for():
    found = look_at(call({"guests": "two"}, missing=("table_name",)), BOOK)
    assert not found.possible
    assert found.asked == ("guests", "table_name")
    assert found.question == "Which guests and table name?"
    assert found.arguments == {}


def test_what_nobody_seems_to_have_mentioned_is_asked_for_though_the_call_could_be_made():
    found = look_at(call({"guests": 2, "table_name": "oak"}, unmentioned=("guests",)), BOOK)
    assert found.possible
    assert found.question == "Which guests?"


def test_where_no_call_is_wanted_nothing_is_asked():
    assert look_at(call({}, willing=0.2, missing=("guests", "table_name")), BOOK).question is None


@pytest.mark.parametrize(
    ("names", "question"),
    [
        (["city"], "Which city?"),
        (["from_city", "day"], "Which from city and day?"),
        (["a", "b", "c"], "Which a, b and c?"),
    ],
)
def test_names_become_a_question(names, question):
    assert question_for(names) == question
