"""What goes first when a conversation is too long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homespun.errors import UsageError
from models.chat.context import fit


def render(rows: Sequence[dict[str, Any]]) -> list[int]:
    """One id for the frame, and the message's number as often as its length."""
    return [0, *(row["n"] for row in rows for _ in range(row["size"]))]


def _rows(roles: str, size: int = 10) -> list[dict[str, Any]]:
    names = {"s": "system", "u": "user", "a": "assistant", "t": "tool"}
    return [{"role": names[letter], "size": size, "n": n} for n, letter in enumerate(roles, 1)]


@pytest.mark.parametrize(
    ("roles", "limit", "kept"),
    [
        ("suauau", 100, "123456"),
        ("suauau", 41, "1456"),
        ("suauau", 21, "16"),
        ("uatatat", 71, "1234567"),
        ("uatatat", 51, "14567"),
        ("uatatat", 31, "167"),
        ("uauatat", 31, "367"),
        ("au", 11, "2"),
    ],
)
def test_oldest_turns_go_first_and_calls_keep_their_results(roles: str, limit: int, kept: str) -> None:
    prompt = fit(_rows(roles), render, limit)
    assert sorted(set(prompt.ids[1:])) == [int(letter) for letter in kept]
    assert prompt.dropped == len(roles) - len(kept)


def test_what_must_stay_and_does_not_fit_is_an_error() -> None:
    for roles in ("u", "su", "uau", "uat"):
        with pytest.raises(UsageError, match="too long"):
            fit(_rows(roles), render, 10)


@given(
    st.text("uat", max_size=12), st.lists(st.integers(1, 20), min_size=14, max_size=14), st.integers(45, 200)
)
def test_what_is_kept_fits_and_holds_system_and_newest_user_message(
    roles: str, sizes: list[int], limit: int
) -> None:
    rows = _rows("s" + roles + "u")
    for row, size in zip(rows, sizes, strict=False):
        row["size"] = size
    prompt = fit(rows, render, limit)
    assert len(prompt.ids) <= limit
    assert {rows[0]["n"], rows[-1]["n"]} <= set(prompt.ids)
    if len(render(rows)) <= limit:
        assert prompt.dropped == 0
