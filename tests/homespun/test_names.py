from __future__ import annotations

import subprocess
import sys

import pytest

from homespun.errors import HomespunError, UsageError
from homespun.names import Table, unknown

TABLE: Table[object] = Table("number", {"pi": "math:pi", "loads": "json:loads", "broken": "nowhere.at.all:X"})


def test_rows_are_found_in_order() -> None:
    import math

    assert TABLE["pi"] == math.pi
    assert TABLE.listed() == ("pi", "loads", "broken")
    assert list(TABLE) == ["pi", "loads", "broken"]
    assert len(TABLE) == 3


def test_listing_imports_nothing() -> None:
    code = (
        "import sys\nfrom homespun.names import Table\n"
        "t = Table('x', {'a': 'wave:open', 'b': 'json:loads'})\n"
        "assert 'a' in t and t.listed() == ('a', 'b')\nassert 'wave' not in sys.modules\n"
        "t['a']\nassert 'wave' in sys.modules\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_name_is_misuse_and_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"There is no number 'load'\. Did you mean loads\?") as caught:
        TABLE["load"]
    assert caught.value.exit_status == 2


def test_a_table_is_a_mapping() -> None:
    assert TABLE.get("absent") is None
    assert "absent" not in TABLE
    with pytest.raises(KeyError):
        TABLE["absent"]


def test_a_row_that_leads_nowhere_says_where_it_led() -> None:
    with pytest.raises(HomespunError, match=r"The number 'broken' can't be loaded from 'nowhere\.at\.all:X'"):
        TABLE["broken"]


def test_plugins_add_and_replace_rows_without_changing_the_table() -> None:
    more = TABLE.with_rows({"e": "math:e", "pi": "math:tau"})
    assert more.listed() == ("pi", "loads", "broken", "e")
    assert more["pi"] != TABLE["pi"]
    assert "e" not in TABLE


def test_a_huge_or_strange_name_stays_one_short_line() -> None:
    line = unknown("model", "x\n" * 50_000, ["home"])
    assert len(line) < 300
    assert "\n" not in line
    assert unknown("model", "x", []) == "There is no model 'x', and no other model either."
