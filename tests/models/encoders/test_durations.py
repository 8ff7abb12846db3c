"""Lengths of time in the unit that is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encoders.durations import convert


@given(st.integers(1, 500), st.integers(0, 59))
def test_hours_and_minutes_add_up(hours: int, minutes: int) -> None:
    assert convert(f"{hours} hours and {minutes} minutes", "Duration in minutes.") == 60 * hours + minutes


@pytest.mark.parametrize(
    ("said", "description", "count"),
    [
        ("3 minutes", "Length in seconds.", 180),
        ("two weeks", "Number of days.", 14),
        ("the next week", "Number of days for the forecast.", 7),
        ("90min", "in hours", 1.5),
        ("2 years", "in months", 24),
        ("1 hour 30 min", "in hours", 1.5),
        ("3 days", "Number of days.", None),
        ("3 months", "in days", None),
        ("3", "in days", None),
        ("3 minutes", "Length.", None),
        ("3 minutes", "in seconds or in hours", None),
    ],
)
def test_other_units_are_converted_and_the_same_left_alone(
    said: str, description: str, count: float | None
) -> None:
    assert convert(said, description) == count
