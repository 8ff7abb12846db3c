"""Codes come where a description asks for them, and nowhere else."""

from __future__ import annotations

import pytest

from models.encoders.codes import as_code


@pytest.mark.parametrize(
    ("said", "description", "code"),
    [
        ("California", "The U.S. state abbreviation, such as 'CA'.", "CA"),
        ("California", "The state.", "California"),
        ("Boston", "in the format 'City, State'", "Boston, MA"),
        ("Boston, Massachusetts", "such as 'Austin, TX'", "Boston, MA"),
        ("Boston, MA", "such as 'Austin, TX'", "Boston, MA"),
        ("Smallville", "such as 'Austin, TX'", "Smallville"),
        ("Boston", "The city.", "Boston"),
        ("US dollars", "The currency to convert from.", "USD"),
        ("the euro", "Currency.", "EUR"),
        ("shells", "Currency.", "shells"),
        ("euros", "What to pay.", "euros"),
    ],
)
def test_codes(said: str, description: str, code: str) -> None:
    assert as_code(said, description) == code
