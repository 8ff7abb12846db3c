"""Which part of a message belongs to which of several calls."""

from __future__ import annotations

from models.encoders.assign import Candidate
from models.encoders.readings import MOST, Reading, readings


def likely(text: str, *words: str) -> list[Candidate]:
    """Values that stand in a text, the first the likeliest."""
    found = []
    for number, one in enumerate(words):
        start = text.index(one)
        found.append(Candidate(start, start + len(one), 9.0 - number, one, one))
    return found


def own(text: str, reading: Reading) -> list[list[str]]:
    return [[text[piece.start : piece.end] for piece in reading.own(call)] for call in range(reading.calls)]


def read(text: str, *peaks: list[Candidate]) -> list[Reading]:
    return readings(peaks, text, 0, len(text))


def test_an_enumeration_is_a_call_for_each_of_its_values() -> None:
    text = "fog in Oslo, Bergen and Hull"
    found = read(text, likely(text, "Oslo", "Bergen", "Hull"))
    whole = [["fog in Oslo"], ["Bergen"], ["Hull"]]
    assert [own(text, one) for one in found if one.calls == 3] == [whole]
    assert {one.calls: one.further for one in found} == {3: 2}  # "Oslo, Bergen" alone ends with a comma


def test_one_value_or_values_that_nothing_parts_are_one_call() -> None:
    text = "fog in Oslo near Bergen"
    assert not read(text, likely(text, "Oslo"))
    assert not read(text, likely(text, "Oslo", "Bergen"))


def test_each_clause_keeps_its_own_values() -> None:
    text = "book Hull for 3 nights, then Leith for 5 nights"
    found = read(text, likely(text, "Hull", "Leith"), likely(text, "3", "5"))
    assert [own(text, one) for one in found] == [[["book Hull for 3 nights"], ["Leith for 5 nights"]]]


def test_two_enumerations_are_combined_each_with_each() -> None:
    text = "rain of Oslo and Hull in 2019 and 2020"
    found = read(text, likely(text, "Oslo", "Hull"), likely(text, "2019", "2020"))
    (all_four,) = [one for one in found if one.calls == 4]
    assert all_four.further == 2
    assert own(text, all_four) == [
        ["rain of Oslo", " in 2019"],
        ["rain of Oslo", "2020"],
        ["Hull", " in 2019"],
        ["Hull", "2020"],
    ]


def test_respectively_pairs_them() -> None:
    text = "rain of Oslo and Hull in 2019 and 2020 respectively"
    found = read(text, likely(text, "Oslo", "Hull"), likely(text, "2019", "2020"))
    assert max(one.calls for one in found) == 2
    pairs = [["rain of Oslo", " in 2019"], ["Hull", "2020 respectively"]]
    assert pairs in [own(text, one) for one in found]


def test_a_message_asks_for_no_more_than_so_many_calls() -> None:
    names = [f"n{number}" for number in range(MOST + 3)]
    text = " and ".join(names)
    assert max(one.calls for one in read(text, likely(text, *names))) == MOST


def test_what_stands_outside_of_the_message_is_nobodys() -> None:
    text = "user: hail in Oslo and Hull\n"
    found = readings([likely(text, "Oslo", "Hull")], text, 6, len(text) - 1)
    assert [own(text, one) for one in found] == [[["hail in Oslo"], ["Hull"]]]
