from __future__ import annotations

from typing import Any

import pytest

ROWS = "[plugins.benches]\nprobe = 'tests_probe:run'\n"


@pytest.fixture
def probe(homespun_home: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A benchmark from outside the checkout."""
    (homespun_home / "homespun.toml").write_text(ROWS)
    (tmp_path / "tests_probe.py").write_text(
        "def run(*, threads=2, name='x'):\n"
        "    return {'tokens_per_s': 1234.5, 'ratio': 0.51234, 'how': {'threads': threads, 'name': name}}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


def test_without_a_name_they_are_listed(homespun: Any) -> None:
    names = ["decode", "embed", "fill", "graphs", "page", "rag", "read", "tokenizer", "train"]
    assert homespun("bench").out.split() == names
    assert homespun("bench", "--json").json == {"benchmarks": names}


@pytest.mark.usefixtures("probe")
def test_figures_are_shown_for_people_and_for_scripts(homespun: Any) -> None:
    done = homespun("bench", "probe", "--set", "threads=1", "--set", "name=home")
    assert done.out == "tokens per s: 1,234\nratio: 0.512\nhow:\n  threads: 1\n  name: home\n"
    figures = homespun("bench", "probe", "--json").json
    assert figures == {"tokens_per_s": 1234.5, "ratio": 0.51234, "how": {"threads": 2, "name": "x"}}


@pytest.mark.usefixtures("probe")
@pytest.mark.parametrize(("change", "line"), [("thread=1", "Did you mean threads?"), ("x", "key=value")])
def test_a_wrong_setting_is_misuse(homespun: Any, change: str, line: str) -> None:
    done = homespun("bench", "probe", "--set", change)
    assert (done.status, line in done.line) == (2, True)
