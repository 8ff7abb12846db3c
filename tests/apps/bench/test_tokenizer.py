"""The tokenizer bench, on little text."""

import json
from pathlib import Path

import pytest

from apps.bench.tokenizer import run
from homespun.errors import UsageError


def test_figures_of_python_s_own_sources() -> None:
    figures = run(megabytes=0.3, vocab_size=1000, repeat=1)
    assert json.loads(json.dumps(figures)) == figures
    assert figures["megabytes"] == pytest.approx(0.3, rel=0.01)
    assert figures["vocab_size"] == 1000
    assert figures["equal_ids"] is True
    assert figures["decodes_back"] is True
    assert figures["train_ratio"] == pytest.approx(
        figures["train_seconds"] / figures["train_seconds_rust"], rel=0.2
    )
    # Same algorithm, same splits: only ties may fall otherwise.
    assert figures["bytes_per_token"] == pytest.approx(figures["bytes_per_token_rust"], rel=0.01)
    assert figures["encode_mb_per_second_fast"] > 0


def test_a_short_text_is_repeated(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one two three two three four\n" * 20, encoding="utf-8")
    for source in (tmp_path, tmp_path / "a.txt"):
        figures = run(source, megabytes=0.05, vocab_size=280, repeat=1)
        assert figures["megabytes"] == 0.05
        assert figures["vocab_size"] == 280


def test_nothing_to_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no text to measure with"):
        run(tmp_path)
    with pytest.raises(UsageError, match="must be positive"):
        run(megabytes=0)
