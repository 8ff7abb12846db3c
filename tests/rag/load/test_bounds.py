from __future__ import annotations

import tracemalloc

import pytest

from rag.load.bounds import MOST_BLOCKS, few, joined
from rag.load.parse import parse
from rag.parsed import Run, Unreadable, merged

MOST = MOST_BLOCKS + 1


@pytest.fixture
def lower(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that small files reach."""
    monkeypatch.setattr("rag.load.bounds.MOST_BLOCKS", 2_000)
    monkeypatch.setattr("rag.load.bounds.MOST_RUNS", 10_000)


@pytest.mark.parametrize(
    ("name", "head", "piece", "end"),
    [
        ("a.txt", "", "a\n\n", ""),
        ("a.py", "", "a\n\n", ""),
        ("a.md", "", "- a\n", ""),
        ("a.md", "", "a\n\n", ""),
        ("a.md", "", "- - - - - a\n", ""),
        ("a.md", "|a|\n|-|\n", "|a|a|\n", ""),
        ("a.csv", "", "a,b\n", ""),
        ("a.jsonl", "", "1\n", ""),
        ("a.json", "[", "1,", "1]"),
        ("a.jsonl", "[", "1,", "1]\n"),
        ("a.html", "", "<p>a", ""),
    ],
)
@pytest.mark.usefixtures("lower")
def test_a_file_of_too_many_blocks_is_refused(name: str, head: str, piece: str, end: str) -> None:
    with pytest.raises(Unreadable, match=r"^has too many pieces \(more than 2,000\)$"):
        parse(name, (head + piece * 2_001 + end).encode())


@pytest.mark.parametrize(
    ("name", "piece", "most"),
    [
        ("a.txt", "a\xad", 10_000),
        ("a.txt", "e\u0301", 10_000),
        ("a.html", "&lt;", 10_000),
        ("a.html", "<br>", 10_000),
        ("a.jsonl", '"a\\n"\n', 2_000),
        ("a.csv", "a,", 100_000),
    ],
)
@pytest.mark.usefixtures("lower")
def test_a_file_of_too_many_runs_is_refused(name: str, piece: str, most: int) -> None:
    with pytest.raises(Unreadable, match=rf"^has too many pieces \(more than {most:,}\)$"):
        parse(name, ("x" + piece * (most + 1) + "x").encode())


@pytest.mark.usefixtures("lower")
def test_a_value_of_too_many_escapes_is_refused() -> None:
    for name in ("a.json", "a.jsonl"):
        with pytest.raises(Unreadable, match=r"more than 10,000"):
            parse(name, b'["' + rb"a\t" * 10_001 + b'"]')


def test_as_many_blocks_as_are_allowed_are_read() -> None:
    assert len(parse("a.txt", b"a\n\n" * MOST_BLOCKS).blocks) == MOST_BLOCKS


def test_many_lines_that_begin_no_block_are_read() -> None:
    parsed = parse("a.md", b"So many words.\n" * MOST)
    assert len(parsed.blocks) == 1


def test_a_large_markdown_list_is_refused_before_it_costs_memory() -> None:
    data = b"- a\n" * MOST
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable, match=r"^has too many pieces \(more than 200,000\)$"):
            parse("a.md", data)
        assert tracemalloc.get_traced_memory()[1] < 10 * len(data)
    finally:
        tracemalloc.stop()


def test_runs_are_merged_over_batches() -> None:
    runs = [Run(at, 1, at + at // 25_000, 1) for at in range(100_000)]
    assert joined(iter(runs)) == merged(runs)
    assert len(joined(runs)) == 4


@pytest.mark.usefixtures("lower")
def test_few_gives_what_it_gets_up_to_the_bound() -> None:
    assert list(few(range(2_000))) == list(range(2_000))
    with pytest.raises(Unreadable):
        list(few(range(2_001)))


def test_a_tag_of_more_attributes_than_anyone_writes_is_refused() -> None:
    with pytest.raises(Unreadable, match="too many pieces"):
        parse("a.html", b"<a" + b" b" * MOST + b">x")
    assert parse("a.html", b"<a" + b" b" * 1_000 + b">x").text == "x"
