"""What descriptions and enums list is recognised in other words."""

from __future__ import annotations

import pytest

from models.encoders.listed import coded, offers, option, snap, stems


def test_words_are_compared_without_case_articles_and_endings() -> None:
    assert stems("The Living Rooms") == stems("living room")
    assert stems("berries") == stems("Berry")
    assert stems("glass") == ("glass",)
    assert stems("C#") != stems("C")


@pytest.mark.parametrize(
    ("description", "listed"),
    [
        ("Kind, e.g. painting, sculpture or mask.", ["painting", "sculpture", "mask"]),
        ("Valid values include: 'spades', 'hearts'.", ["spades", "hearts"]),
        ("How to travel (walk, bike, drive).", ["walk", "bike", "drive"]),
        ("Whose it is; it's the owner's.", []),
    ],
)
def test_what_a_description_lists(description: str, listed: list[str]) -> None:
    assert set(listed) <= set(offers(description))
    assert bool(listed) == bool(offers(description))


def test_only_the_same_words_are_snapped() -> None:
    about = "The card suit: 'spades' or 'hearts'."
    assert snap("a heart", about) == "hearts"
    assert snap("diamonds", about) == "diamonds"
    assert snap("New York", "such as 'New York, NY'") == "New York"


def test_options_by_the_largest_share_of_their_words() -> None:
    options = ["opening_hours", "ticket_price", "address"]
    assert option("working hours", options) == "opening_hours"
    assert option("the price of a ticket", options) == "ticket_price"
    assert option("parking", options) is None
    assert option("2", [1, 2]) == 2


def test_numbers_that_a_description_gives_to_words() -> None:
    about = (
        "The service: 1 for cleaning service, 2 for ironing service, '3' represents a big cleaning service."
    )
    assert coded("ironing services", about) == 2
    assert coded("services", about) is None
    assert coded("gardening", about) is None
    assert coded("cleaning", "1 for cleaning") is None
