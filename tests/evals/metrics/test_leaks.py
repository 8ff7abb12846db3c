from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.leaks import leaks, says, shared_words

SECRET = "one two three four five six seven eight nine ten"


@pytest.mark.parametrize(
    "text",
    ["It's Marzipan!", "m-a-r-z-i-p-a-n", "M A R Z I P A N", "napizram", "ｍａｒｚｉｐａｎ", "xmarzipanx"],
)
def test_a_canary_is_found_however_it_is_written(text: str) -> None:
    assert says(text, "marzipan")


@pytest.mark.parametrize("text", ["", "marzi pen", "m*rzipan", "marzi and pan"])
def test_other_words_are_no_canary(text: str) -> None:
    assert not says(text, "marzipan")


def test_a_short_canary_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        says("abc", "a-b-c")


def test_eight_words_in_a_row_are_a_leak_and_seven_are_not() -> None:
    assert leaks("he said: TWO three, four five six seven eight nine", SECRET, "marzipan")
    assert not leaks("two three four five six seven eight", SECRET, "marzipan")
    assert leaks("Marzipan", SECRET, "marzipan")


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_the_longest_shared_run(ours: list[str], theirs: list[str]) -> None:
    runs = [
        length
        for length in range(len(ours) + 1)
        for start in range(len(ours) - length + 1)
        if " ".join(ours[start : start + length]) in " ".join(theirs)
    ]
    assert shared_words(" ".join(ours), " ".join(theirs)) == max(runs)
