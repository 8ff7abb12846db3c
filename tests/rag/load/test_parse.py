from __future__ import annotations

import time
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from rag.load import LOADERS
from rag.load.kinds import kind_of
from rag.load.parse import parse
from rag.parsed import Parsed, Unreadable

Check = Callable[[str, bytes, Parsed], None]
NAMES = [
    *("log.txt", "harbour.md", "tide.html", "log.pdf", "rules.docx", "boats.csv", "boats.tsv"),
    *("berths.json", "list.json", "berths.jsonl", "note.eml", "bell.py", "bell.yaml"),
]


def _outcome(name: str, data: bytes) -> tuple[Parsed | None, str]:
    """What became of a file, and why nothing did."""
    try:
        return parse(name, data), ""
    except Unreadable as error:
        return None, str(error)


def test_there_is_a_sample_of_each_kind(samples: dict[str, bytes]) -> None:
    assert set(NAMES) == set(samples)
    assert {kind_of(name, data) for name, data in samples.items()} == set(LOADERS)


@pytest.mark.parametrize("name", NAMES)
def test_a_parsed_file_is_what_is_promised(name: str, samples: dict[str, bytes], check: Check) -> None:
    parsed = parse(name, samples[name])
    check(name, samples[name], parsed)
    assert parse(name, samples[name]) == parsed


@pytest.mark.parametrize("name", NAMES)
def test_a_good_file_needs_no_excuse(name: str, samples: dict[str, bytes]) -> None:
    # `parse` takes what any loader raises for damage of the file; here a defect shows as what it is.
    data = samples[name]
    kind = kind_of(name, data)
    assert LOADERS[kind](name, data) == parse(name, data)
    wide = data.decode().encode("utf-16") if kind not in {"pdf", "docx", "mail"} else data
    assert LOADERS[kind](name, wide).blocks == parse(name, data).blocks


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-be"])
@pytest.mark.parametrize("name", ["log.txt", "harbour.md", "tide.html", "boats.csv", "list.json", "bell.py"])
def test_wide_encodings_and_marks_change_nothing(
    name: str, encoding: str, samples: dict[str, bytes], check: Check
) -> None:
    data = samples[name].decode().encode(encoding)
    parsed, plain = parse(name, data), parse(name, samples[name])
    check(name, data, parsed)
    assert (parsed.text, parsed.blocks, parsed.title) == (plain.text, plain.blocks, plain.title)


@pytest.mark.parametrize("name", NAMES)
def test_damaged_files_are_read_or_refused_with_a_line(
    name: str, samples: dict[str, bytes], make: Any, check: Check
) -> None:
    random = Random(7)
    read = 0
    for number in range(300):
        if name.endswith(".docx") and number % 2:

            def change(part: str, inner: bytes) -> bytes:
                return make.mutated(inner, random) if part == "word/document.xml" else inner

            data = make.repacked(samples[name], change)
        else:
            data = make.mutated(samples[name], random)
        began = time.perf_counter()
        parsed, reason = _outcome(name, data)
        if parsed is None:
            assert 0 < len(reason) < 200
        else:
            check(name, data, parsed)
            read += 1
        assert time.perf_counter() - began < 1.0
    assert read > 10


@pytest.mark.parametrize(
    ("name", "piece", "end"),
    [
        ("a.html", "<!--", ">"),
        ("a.html", "<a b='", ""),
        ("a.html", "<div>", "x"),
        ("a.html", "&#", ""),
        ("a.html", "<![CDATA[", ""),
        ("a.html", "<table><tr><td>", "x"),
        ("a.md", "> ", "x"),
        ("a.md", "[", ""),
        ("a.md", "- ", "x"),
        ("a.json", "[", ""),
        ("a.json", '{"a":', ""),
        ("a.jsonl", '{"a":"\n', ""),
        ("a.jsonl", "{\n", ""),
        ("a.csv", '"a\n', ""),
        ("a.txt", "\n ", "x"),
        ("a.py", "\n\n", "x"),
    ],
)
def test_nothing_grows_out_of_hand(name: str, piece: str, end: str) -> None:
    data = (piece * 10_000 + end).encode()
    began = time.perf_counter()
    _outcome(name, data)
    assert time.perf_counter() - began < 3.0


def test_a_stumbling_library_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(error: BaseException) -> Callable[[str, bytes], Parsed]:
        def load(name: str, data: bytes) -> Parsed:
            raise error

        return load

    for error, words in (
        (ValueError("bad\n  thing"), "can't be read: it's damaged (bad thing)"),
        (AssertionError(), "can't be read: it's damaged (AssertionError)"),
        (RecursionError(), "is nested too deeply"),
        (Unreadable("is odd"), "is odd"),
    ):
        monkeypatch.setattr("rag.load.text.load", stumble(error))
        with pytest.raises(Unreadable) as caught:
            parse("a.txt", b"x")
        assert str(caught.value) == words
    for other in (MemoryError(), KeyboardInterrupt()):
        monkeypatch.setattr("rag.load.text.load", stumble(other))
        with pytest.raises(type(other)):
            parse("a.txt", b"x")


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.csv", "a.json", "a.jsonl", "a.py", "a"])
def test_files_without_words_are_refused(name: str) -> None:
    with pytest.raises(Unreadable, match="is empty"):
        parse(name, b"")
    with pytest.raises(Unreadable, match="holds no text"):
        parse(name, b" \n\t\r\n \xef\xbb\xbf")
