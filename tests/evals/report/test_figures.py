import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.report.figures import (
    between,
    change,
    columns_of,
    count,
    duration,
    facts,
    number,
    plain,
    probability,
    shorten,
    spread,
    words,
)
from evals.result import Estimate


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.8731, "", "87.3 %"),
        (1.0, "", "100.0 %"),
        (0.0123, "", "1.2 %"),
        (0.0, "", "0.0 %"),
        (1.4132, "bits", "1.41 bits"),
        (31.72, "", "31.7"),
        (0.0124, "s", "12.4 ms"),
        (0.0000124, "s", "12.4 µs"),
        (12.44, "s", "12.4 s"),
        (412_300_000, "bytes", "412 MB"),
        (12_345, "tokens", "12,300 tokens"),
        (9.996, "bits", "10.0 bits"),
        (3, "count", "3.00"),
        (None, "", "–"),
    ],
)
def test_figures_have_three_digits_and_their_unit(value: float | None, unit: str, said: str) -> None:
    assert number(value, unit) == said


def test_an_interval_has_the_values_unit_and_decimals() -> None:
    estimate = Estimate(measure="x", value=0.873, low=0.81, high=0.9214, n=9, groups=9)
    assert spread(estimate) == ("87.3 %", "81.0–92.1")
    small = Estimate(measure="x", value=0.0004, low=0.0001, high=1.2, n=9, groups=9, unit="s")
    assert spread(small) == ("0.00 s", "0.00–1.20")
    assert spread(Estimate(measure="x", value=None, n=0, groups=0)) == ("–", "")


def test_an_end_beyond_one_leaves_a_share_a_share() -> None:
    assert spread(Estimate(measure="x", value=0.29, low=-0.3, high=2.5, n=9, groups=9)) == (
        "29.0 %",
        "−30.0 to 250.0",
    )


def test_differences_of_shares_are_points_with_a_sign() -> None:
    assert change(0.0321) == "+3.2 points"
    assert change(-0.155) == "−15.5 points"
    assert change(-0.01, "bits") == "−0.0100 bits"
    assert change(None) == "–"
    assert between("−1", "2") == "−1 to 2"
    assert between("1", "2") == "1–2"


@given(st.floats(-1e9, 1e9, allow_nan=False), st.sampled_from(["", "s", "bytes", "bits", "count"]))
def test_what_is_said_is_near_what_was_computed(value: float, unit: str) -> None:
    said = number(value, unit)
    read = float(re.sub(r"[^0-9.\-]", "", said.replace("−", "-").split(" ")[0]))
    sizes = {"%": 0.01, "ms": 1e-3, "µs": 1e-6, "kB": 1e3, "MB": 1e6, "GB": 1e9}
    scaled = read * sizes.get(said.partition(" ")[2], 1.0)
    least = 0.000501 if "%" in said else 1e-9  # a share has one decimal
    assert abs(scaled - value) <= 0.006 * abs(value) + least


def test_counts_name_groups_only_where_they_are_fewer() -> None:
    assert count(57, 20) == "57/20"
    assert count(1200, 1200) == "1,200"


@pytest.mark.parametrize(
    ("p", "said"), [(0.0001, "< 0.001"), (0.0123, "0.012"), (0.5, "0.50"), (1.0, "1.00"), (None, "–")]
)
def test_p_values(p: float | None, said: str) -> None:
    assert probability(p) == said


def test_times_are_said_as_people_do() -> None:
    assert [duration(s) for s in (0.85, 12.3, 245, 7800)] == ["850 ms", "12.3 s", "4 min 5 s", "2 h 10 min"]


def test_text_of_strangers_becomes_one_harmless_line() -> None:
    assert plain("a\x1b[31mb\n\u202ec\ud800") == "a [31mb c?"
    assert words("macro_auroc_f1") == "macro AUROC F1"


def test_wide_characters_count_twice() -> None:
    assert columns_of("日本") == 4
    assert shorten("日本語", 5) == "日本…"
    assert shorten("plain", 5) == "plain"


def test_facts_are_told_with_units() -> None:
    told = {"memory": 16_000_000_000, "parameters": 4_700_000, "gpu": "", "threads": 1}
    assert facts(told) == {"memory": "16.0 GB", "parameters": "4,700,000", "threads": "1"}
