"""Values are found where and as people say them."""

import datetime

import pytest

from finetune.data.calls.spoken import mentions, number_mentions, without_inner

FRIDAY = datetime.date(2019, 3, 1)


def said(text: str, value: str, today: datetime.date | None = FRIDAY) -> list[str]:
    return [text[start:end] for _, start, end in mentions([text], value, today)]


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("2019-03-01", "Book it for today please", "today"),
        ("2019-03-02", "What about tomorrow?", "tomorrow"),
        ("2019-03-03", "I come the day after tomorrow.", "the day after tomorrow"),
        ("2019-03-04", "Leave on Monday, that's it", "Monday"),
        ("2019-03-13", "Back next Wednesday.", "next Wednesday"),
        ("2019-03-08", "on the 8th of March, 2019", "the 8th of March, 2019"),
        ("2019-03-01", "It is March 1st.", "March 1st"),
        ("2019-03-01", "the first of March", "the first of March"),
        ("2019-03-12", "Make it the 12th", "the 12th"),
        ("18:30", "a table at half past 6 in the evening", "half past 6 in the evening"),
        ("18:30", "at 6:30 pm please", "6:30 pm"),
        ("12:00", "we meet at noon", "noon"),
        ("17:45", "quarter to 6 in the evening", "quarter to 6 in the evening"),
        ("08:00", "the bus at 8 am", "8 am"),
        ("San Jose", "somewhere in san  jose", "san  jose"),
        ("New York", "a flight to NYC", "NYC"),
        ("Alice's", "Is Alice's open?", "Alice's"),
    ],
)
def test_a_value_is_found_as_it_is_said(value: str, text: str, expected: str) -> None:
    assert said(text, value)[-1].removesuffix(".") == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2019-03-02", "the day after tomorrow"),
        ("2019-03-04", "Tuesday would do for me"),
        ("2019-03-01", "on March 11th"),
        ("18:30", "at 6:30 am"),
        ("06:00", "at 6 pm"),
        ("Rome", "something romeward"),
    ],
)
def test_another_value_is_not_taken_for_it(value: str, text: str) -> None:
    assert said(text, value) == []


def test_without_a_day_relative_words_say_no_date() -> None:
    assert said("tomorrow", "2019-03-02", None) == []
    assert said("on 20 May 2021", "2021-05-20", None) == ["20 May 2021"]


def test_a_small_number_counts_only_beside_its_cue() -> None:
    turns = ["I need 2 tickets at 2 pm, the place is 2 miles from here"]
    assert number_mentions(turns, "2", ["ticket"]) == [(0, 7, 8)]
    assert number_mentions(["It is 2 miles away"], "2", ["ticket"]) == []


def test_a_number_alone_answers_a_question_that_has_the_cue() -> None:
    turns = ["How many tickets do you want?", "just three thanks"]
    assert number_mentions(turns, "3", ["ticket"]) == [(1, 5, 10)]
    assert number_mentions(["Which day?", "the three thanks"], "3", ["ticket"]) == []


def test_a_sentence_about_something_else_answers_no_question() -> None:
    turns = ["Can I help you with the tickets?", "I would like to find a 2 bedroom flat in Foster City"]
    assert number_mentions(turns, "2", ["ticket"]) == []


def test_a_big_number_counts_anywhere_but_not_twice_in_a_turn() -> None:
    assert number_mentions(["Send $1,320 to Ann"], "1320") == [(0, 6, 11)]
    assert number_mentions(["20 by 20"], "20") == []
    assert number_mentions(["rated 4.3 overall"], "4.30") == [(0, 6, 9)]
    assert number_mentions(["version 14.5 of it"], "14") == []


def test_a_city_inside_a_longer_name_is_left_out() -> None:
    assert without_inner([(0, 5, 9), (1, 0, 4)], [(0, 0, 20)]) == [(1, 0, 4)]
    assert without_inner([(0, 5, 9)], [(0, 5, 9)]) == [(0, 5, 9)]
