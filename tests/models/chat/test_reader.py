"""The reader of answers gives the same however tokens are cut."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk

from models.chat.reader import Piece, Reader

CALL = 7


def _cut(data: bytes, places: list[int]) -> list[bytes]:
    borders = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(borders)]


def _read(reader: Reader, parts: list[bytes | int]) -> list[Piece]:
    pieces: list[Piece] = []
    for part in parts:
        token, data = (part, b"") if isinstance(part, int) else (100, part)
        pieces += reader.push(token, data)
    return pieces + list(reader.finish())


arguments = st.dictionaries(
    st.text(max_size=5), st.recursive(st.text(max_size=8) | st.integers() | st.none(), st.lists, max_leaves=4)
)


@given(st.text(max_size=20), arguments, arguments, st.lists(st.integers(0, 200), max_size=12))
def test_text_and_calls_come_out_whole(text: str, one: dict, two: dict, cuts: list[int]) -> None:  # type: ignore[type-arg]
    reader = Reader((), CALL)
    parts: list[bytes | int] = [*_cut(text.encode("utf-8", "ignore"), cuts)]
    for name, args in (("a", one), ("b \"'", two)):
        parts.append(CALL)
        body = json.dumps({"name": name, "arguments": args}, ensure_ascii=False, separators=(",", ":"))
        parts += _cut(body.encode("utf-8", "ignore"), cuts)
    pieces = _read(reader, parts)
    assert "".join(p.text for p in pieces if p.call is None) == text
    assert [(call.name, json.loads(call.text), call.whole) for call in reader.calls] == [
        ("a", one, True),
        ("b \"'", two, True),
    ]
    for call in reader.calls:
        assert "".join(p.text for p in pieces if p.call == call.index) == call.text


@given(st.lists(st.integers(0, 200), max_size=12))
def test_textual_markers_work_like_the_token(cuts: list[int]) -> None:
    reader = Reader(["STOP"], None, "<tool_call>")
    body = '{"name": "a", "arguments": {"x": "<tool_call>"}}'
    said = f"Well <tool_ok\n<tool_call>\n{body}\n</tool_call>\n<tool_call>\n{body}\n</tool_call>"
    pieces = _read(reader, list(_cut(said.encode(), cuts)))
    assert "".join(p.text for p in pieces if p.call is None) == "Well <tool_ok\n"
    assert [(c.name, json.loads(c.text), c.whole) for c in reader.calls] == [
        ("a", {"x": "<tool_call>"}, True)
    ] * 2


@pytest.mark.parametrize("length", range(len('{"name":"a","arguments":{"x":["\\"y"]}')))
def test_cut_off_calls_are_invalid_to_readers_of_streams(length: int) -> None:
    body = '{"name":"a","arguments":{"x":["\\"y"]}'[:length]
    reader = Reader((), CALL)
    pieces = _read(reader, [CALL, body.encode()])
    assert not reader.calls[0].whole
    chunks = [
        AIMessageChunk(
            "", tool_call_chunks=[tool_call_chunk(name=p.name, args=p.text, id=p.id, index=p.call)]
        )
        for p in pieces
    ]
    full = chunks[0]
    for chunk in chunks[1:]:
        full = full + chunk
    assert full.tool_calls == []
    assert len(full.invalid_tool_calls) == 1


def test_stop_strings_end_text_and_not_calls() -> None:
    reader = Reader(["END"], CALL)
    assert [p.text for p in reader.push(1, b"so EN")] == ["so "]
    assert list(reader.push(2, b"Dless")) == []
    assert reader.stopped
    reader = Reader(["END"], CALL)
    _read(reader, [CALL, b'{"name":"END","arguments":{"x":"END"}}'])
    assert not reader.stopped
    assert reader.calls[0].name == "END"
