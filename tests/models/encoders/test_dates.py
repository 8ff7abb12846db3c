"""Dates and times, in the form that a description asks for."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encoders.dates import as_asked, date_style, parse_date, parse_time

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@given(st.dates(date(1000, 1, 1)), st.integers(0, 7))
def test_the_ways_to_write_a_date(day: date, way: int) -> None:
    name = MONTHS[day.month - 1]
    said = (
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{name} {day.day}, {day.year}",
        f"on the {day.day}th of {name} {day.year}",
        f"{day.day} {name[:3]} {day.year}",
        f"{day.year} {name} {day.day}th",
        f"{name[:3]}.{day.day},{day.year}",
        f"{day.month}/{day.day}/{day.year}",
    )[way]
    assert parse_date(said) == day


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_every_form_round_trips(day: date) -> None:
    for form in ("YYYY-MM-DD", "MM/DD/YYYY", "DD/MM/YYYY", "month-day-year", "dd.mm.yyyy"):
        shown = as_asked(day.isoformat(), f"The date, as {form}.")
        assert parse_date(shown, day_first=form.lower().startswith("dd")) == day
    assert as_asked(f"{day:%Y%m%d}", "YYYY-MM-DD") == day.isoformat()


@given(st.times())
def test_every_time_round_trips(moment: time) -> None:
    whole = moment.replace(microsecond=0)
    assert parse_time(f"{whole:%H:%M:%S}") == whole
    assert parse_time(f"{whole:%I:%M %p}") == whole.replace(second=0)


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_is_an_error(text: str, description: str) -> None:
    assert isinstance(as_asked(text, description, text), str)


def test_a_date_that_is_none_is_none() -> None:
    assert parse_date("2023-02-30") is None
    assert parse_date("the 3rd") is None
    assert parse_date("May") is None


@pytest.mark.parametrize(
    ("said", "context", "day"),
    [
        ("April 3rd", "from April 3rd to April 5th 2023", date(2023, 4, 3)),
        ("the 12th of March", "it's 2023 now", date(2023, 3, 12)),
        ("tomorrow", "tomorrow. Today is 20230929", date(2023, 9, 30)),
        ("next Monday", "today is 2023-10-1 sunday", date(2023, 10, 2)),
        ("upcoming Saturday", "Today is Tuesday April 25th 2023", date(2023, 4, 29)),
        ("April 3rd", "from 2022 to 2023", None),
        ("April 3rd", "", None),
        ("tomorrow", "see you tomorrow", None),
    ],
)
def test_what_is_left_out_comes_from_the_conversation_or_not_at_all(
    said: str, context: str, day: date | None
) -> None:
    assert parse_date(said, context) == day


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("3 in the afternoon", time(15)),
        ("9:30 pm", time(21, 30)),
        ("11.00 a.m.", time(11)),
        ("12 am", time(0)),
        ("noon", time(12)),
        ("7 o'clock in the evening", time(19)),
        ("25:00", None),
        ("at 7", None),
    ],
)
def test_ways_to_say_a_time(said: str, moment: time | None) -> None:
    assert parse_time(said) == moment


@pytest.mark.parametrize(
    ("said", "description", "shown"),
    [
        ("June 5, 2023", "The day.", "June 5, 2023"),
        ("June 5, 2023", "such as '2020-01-31'", "2023-06-05"),
        ("12/03/2024 16:00", "'YYYY-MM-DD HH:mm:ss'", "2024-12-03 16:00:00"),
        ("12th of March 2023 at 3 in the afternoon", "dd/mm/yyyy HH:MM", "12/03/2023 15:00"),
        ("March 20, 2024, at 6:00 p.m.", "YYYY-MM-DDTHH:MM:SS", "2024-03-20T18:00:00"),
        ("19 March 2024", "'YYYY-MM-DD HH:mm:ss'", "2024-03-19 00:00:00"),
        ("3pm", "in HH:MM format", "15:00"),
        ("tomorrow", "YYYY-MM-DD", "tomorrow"),
    ],
)
def test_the_form_that_is_asked_for(said: str, description: str, shown: str) -> None:
    assert as_asked(said, description) == shown


def test_a_form_with_a_part_twice_is_no_form() -> None:
    assert date_style("MM-MM-YYYY") is None
