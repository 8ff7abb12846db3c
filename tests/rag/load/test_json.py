from __future__ import annotations

import json
from typing import Any

import pytest

from rag.load.parse import parse
from rag.load.values import DEPTH, leaves
from rag.parsed import Unreadable


def _blocks(name: str, text: str) -> list[tuple[str, str]]:
    parsed = parse(name, text.encode())
    return [(block.kind, parsed.text[block.start : block.end]) for block in parsed.blocks]


def test_leaves_are_lines_with_their_paths(samples: dict[str, bytes]) -> None:
    parsed = parse("berths.json", samples["berths.json"])
    assert parsed.title == "Berths"
    assert parsed.text.splitlines() == [
        "title: Berths",
        "berth.number: 4",
        "berth.free: false",
        "berth.since: null",
        "tags.0: aé",
        "tags.1: b",
    ]
    assert len(parsed.blocks) == 6


def test_values_lead_to_their_places() -> None:
    original = '{"a": {"b": "caf\\u00e9 \\ud83d\\ude00 \\"x\\""}, "n": -1.5e3}'
    parsed = parse("a.json", original.encode())
    assert parsed.text == 'a.b: café 😀 "x"\nn: -1.5e3'

    def source(words: str) -> str:
        start = parsed.text.index(words)
        return original[slice(*parsed.origin.span(start, start + len(words)))]

    assert source("caf") == "caf"
    assert source("é") == "\\u00e9"
    assert source("😀") == "\\ud83d\\ude00"
    assert source('"x"') == '\\"x\\"'
    assert source("-1.5e3") == "-1.5e3"
    assert source("n: -1.5e3") == "-1.5e3"


def test_a_lists_elements_are_records(samples: dict[str, bytes]) -> None:
    blocks = _blocks("list.json", samples["list.json"].decode())
    assert blocks[0] == (
        "row",
        "0.title: Berths\n0.berth.number: 4\n0.berth.free: false\n0.berth.since: null\n"
        "0.tags.0: aé\n0.tags.1: b",
    )
    assert blocks[1:] == [
        ("row", "1.id: 7"),
        ("paragraph", "1.text: First line."),
        ("paragraph", "Second “part” of it."),
        ("row", "1.end: 1.5"),
    ]


def test_json_lines_are_records(samples: dict[str, bytes]) -> None:
    blocks = _blocks(
        "a.jsonl", '{"a": 1, "b": "x"}\r\n\r\nnot json\r\n{"a": "p\\r\\n\\r\\nq"}\n[true]\n"alone"\n'
    )
    assert blocks == [
        ("row", "a: 1\nb: x"),
        ("row", "not json"),
        ("paragraph", "a: p"),
        ("paragraph", "q"),
        ("row", "0: true"),
        ("row", "alone"),
    ]
    original = samples["berths.jsonl"].decode()
    parsed = parse("berths.jsonl", samples["berths.jsonl"])
    start = parsed.text.index("Second")
    assert original[slice(*parsed.origin.span(start, start + 8))] == "Second \\u201c"


def test_json_that_isnt_is_read_as_what_it_is() -> None:
    assert _blocks("a.json", '{"a": 1}\n{"a": 2}\n') == [("row", "a: 1"), ("row", "a: 2")]
    assert _blocks("a.json", '{\n "a": 1\n}\n{\n "a": 2\n}\n') == [("row", "a: 1"), ("row", "a: 2")]
    assert _blocks("a.json", "{a: 1}\n\n// words") == [("paragraph", "{a: 1}"), ("paragraph", "// words")]


def test_deep_nesting_is_told() -> None:
    inner = "[" * DEPTH + "1" + "]" * DEPTH
    assert parse("a.json", inner.encode()).text.endswith(": 1")
    for deep in (f"[{inner}]", "[" * 100_000, '{"a":' * 100_000):
        for name in ("a.json", "a.jsonl"):
            with pytest.raises(Unreadable, match="nested more than"):
                parse(name, deep.encode())


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2.5, -3e10, True, None], "b": {}, "c": [], "d": {"e": [[["x"]]]}},
        ["é", "\n", '"', "\\", "\x7f", "😀"],
        "alone",
        12,
        [],
    ],
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_the_leaves_are_those_that_json_finds(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=2)
    found = [
        leaf.string if leaf.string is not None else json.loads(text[leaf.start : leaf.end])
        for leaf in leaves(text)
    ]

    def plain(one: Any) -> list[Any]:
        if isinstance(one, dict):
            return [leaf for inner in one.values() for leaf in plain(inner)]
        if isinstance(one, list):
            return [leaf for inner in one for leaf in plain(inner)]
        return [one]

    assert found == plain(value)


@pytest.mark.parametrize("text", ["", "[1,]", "{1:2}", '{"a" 1}', "[1 2]", "nul", '"open', "[1", '{"a":1,}'])
def test_what_isnt_json_is_refused(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        list(leaves(text))
