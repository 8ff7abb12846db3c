import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encoders.elements import Group, groups, share_out, strong, whole_words
from models.encoders.numbers import number_places


def marked(text: str, *inside: str, chance: float = 0.9) -> tuple:
    """Tokens of words and signs; the given parts of the text are inside of elements."""
    tokens = [found.span() for found in re.finditer(r"\w+|[^\w\s]", text)]
    begin, within = np.full(len(tokens), 0.01), np.full(len(tokens), 0.01)
    for part in inside:
        at = text.index(part)
        for place, (start, end) in enumerate(tokens):
            if at <= start and end <= at + len(part):
                within[place] = chance
                if start == at:
                    begin[place] = chance
    return text, tokens, begin, within


def texts(text: str, found: list[Group]) -> list[list[str]]:
    return [[text[start:end] for start, end in group.spans] for group in found]


def test_elements_in_a_row_are_one_group_and_words_part_groups() -> None:
    text = "Stops are Rome, Pisa and Siena, later maybe Bari."
    found = groups(*marked(text, "Rome", "Pisa", "Siena", "Bari"), 0.5, None)
    assert texts(text, found) == [["Rome", "Pisa", "Siena"], ["Bari"]]


def test_numbers_are_whole_however_they_were_marked() -> None:
    text = "values 0.8, 12 and -2.5 please"
    tokens = marked(text, "8", "12", "5")
    assert texts(text, groups(*tokens, 0.5, number_places(text))) == [["0.8", "12", "-2.5"]]


def test_words_are_whole_however_they_were_marked() -> None:
    text = "columns total_amount and id"
    tokens = [(0, 7), (8, 13), (13, 14), (14, 20), (21, 24), (25, 27)]
    begin, inside = np.asarray([0, 0.9, 0, 0, 0, 0.9]), np.asarray([0, 0.9, 0, 0, 0, 0.9])
    assert texts(text, groups(text, tokens, begin, inside, 0.5, None)) == [["total_amount", "id"]]


def test_two_lists_take_a_group_each_in_order() -> None:
    first, second = Group(((0, 2), (4, 6)), 0.9), Group(((20, 22),), 0.92)
    assert share_out([[first, second], [first, second]], [True, True]) == [[first], [second]]
    assert share_out([[first], [first]], [True, False]) == [[first], []]
    assert share_out([[first], [first]], [True, True]) == [[first], [first]]


def test_a_single_list_takes_all_that_is_nearly_as_likely() -> None:
    good, fair, poor = Group(((0, 2),), 0.9), Group(((4, 6),), 0.7), Group(((8, 9),), 0.3)
    assert strong([good, fair, poor]) == [good, fair]
    assert strong([]) == []


@pytest.mark.parametrize(
    ("part", "whole"),
    [("doe@ex", "john.doe@example.com"), ("a.b", "https://a.b/c?d=1"), ("mou", "total_amount")],
)
def test_addresses_and_names_stay_whole(part: str, whole: str) -> None:
    text = "Send total_amount to john.doe@example.com, see https://a.b/c?d=1."
    at = text.index(part)
    start, end = whole_words(text, at, at + len(part))
    assert text[start:end] == whole


@given(st.text(max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_widening_never_leaves_the_text(text: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    first, last = whole_words(text, start, end)
    assert 0 <= first <= start
    assert end <= last <= len(text)
