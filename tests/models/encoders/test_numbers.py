"""Numbers in digits and in words are read as what they are."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.encoders.numbers import parse_number

SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spelled(number: int, joined: str = " and ") -> str:
    """The number in English words."""
    if number < 20:
        return SMALL[number]
    if number < 100:
        rest = f"-{SMALL[number % 10]}" if number % 10 else ""
        return TENS[number // 10 - 2] + rest
    for scale, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= scale:
            rest = (
                (joined if scale == 100 else " ") + spelled(number % scale, joined) if number % scale else ""
            )
            return f"{spelled(number // scale, joined)} {name}{rest}"
    raise AssertionError(number)


@given(st.integers(0, 10**12 - 1), st.sampled_from([" and ", " "]))
@example(100_000, " ")
@example(1_000_001, " ")
def test_numbers_in_words(number: int, joined: str) -> None:
    assert parse_number(spelled(number, joined)) == (float(number), False)


@given(st.integers(-(10**12), 10**12), st.sampled_from(["", ",", "$", "words"]))
def test_whole_numbers_in_digits(number: int, style: str) -> None:
    shown = f"{number:,}" if style == "," else str(number)
    said = {"$": f"-${-number}" if number < 0 else f"${number}", "words": f"about {shown} of them"}
    assert parse_number(said.get(style, shown)) == (float(number), False)


@given(st.decimals(-1_000_000, 1_000_000, places=3))
def test_decimal_numbers_and_percents(number: object) -> None:
    assert parse_number(f"{number}") == (float(str(number)), False)
    assert parse_number(f"{number} %") == (float(str(number)), True)


@given(st.integers(1, 31))
def test_ordinals_in_digits(number: int) -> None:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number not in (11, 12, 13) else "th"
    assert parse_number(f"the {number}{ending} one") == (float(number), False)


@given(st.text(max_size=30))
def test_no_text_is_an_error(text: str) -> None:
    found = parse_number(text)
    assert found is None or isinstance(found[0], float)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("two and a half", 2.5),
        ("half a million", 500_000),
        ("three quarters", 0.75),
        ("two and three quarters", 2.75),
        ("one third", 1 / 3),
        ("third", 3),
        ("twenty first", 21),
        ("a couple of days", 2),
        ("a dozen eggs", 12),
        ("half a dozen", 6),
        ("two dozen", 24),
        ("once a day", 1),
        ("nineteen ninety five", 1995),
        ("twenty twenty-three", 2023),
        ("minus three point five", -3.5),
        ("point five", 0.5),
        ("one two three", 1),
        ("one second", 1),
        ("no stops", 0),
        ("1 1/2 cups", 1.5),
        ("3/4", 0.75),
        ("12,34,567", 1_234_567),
        ("€5k", 5000),
        ("3.5 million people", 3_500_000),
        ("1.2e3", 1200),
        ("−3", -3),
        ("flight A320", 320),
        ("5-6", 5),
    ],
)
def test_ways_to_say_a_number(said: str, number: float) -> None:
    found = parse_number(said)
    assert found is not None
    assert found[0] == pytest.approx(number)


@pytest.mark.parametrize("said", ["", "a", "no", "in a city", "hundred", "and", "nothing", "-", "."])
def test_what_is_no_number(said: str) -> None:
    assert parse_number(said) is None


def test_percent_in_words() -> None:
    assert parse_number("five percent") == (5.0, True)
    assert parse_number("five per cent") == (5.0, True)
