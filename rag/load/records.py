"""Leaves of JSON → lines ``path.to.key: value``, in blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rag.load.blocks import paragraphs
from rag.load.bounds import check
from rag.load.draft import Draft, Piece
from rag.load.values import Leaf

LONG = 300
"""A text that's longer, or has several lines, stands in paragraphs of its own."""

_ESCAPE = re.compile(
    r"\\r\\n|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL
)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def add_record(draft: Draft, original: str, leaves: Iterable[Leaf], before: str = "\n") -> bool:
    """Adds one record: a row of short values, and paragraphs where a value is a long text.

    Returns:
        Whether there was anything to add.

    Raises:
        Unreadable: it has too many pieces.
    """
    row: list[Piece] = []
    added = False

    def flush() -> None:
        nonlocal row, added
        if row:
            added = draft.add("row", row[1:], before="\n" if added else before) or added
        row = []

    for leaf in leaves:
        label = f"{leaf.path}: " if leaf.path else ""
        value: list[Piece] = []
        for piece in _pieces(original, leaf):
            value.append(piece)
            check(runs=len(row) + len(value))
        if leaf.string is None or not _is_long(leaf.string):
            row += [Piece("\n"), Piece(label), *value]
            continue
        flush()
        for number, part in enumerate(_paragraphs(value)):
            pieces = part if number else [Piece(label), *part]
            added = draft.add("paragraph", pieces, before="\n\n" if number or added else before) or added
    flush()
    return added


def _is_long(text: str) -> bool:
    return len(text) > LONG or "\n" in text.strip()


def _pieces(original: str, leaf: Leaf) -> Iterator[Piece]:
    """Gives the pieces of a value: what stands as it is, and escapes."""
    start = leaf.start
    if leaf.string is not None and leaf.end - leaf.start != len(leaf.string):
        for found in _ESCAPE.finditer(original, leaf.start, leaf.end):
            if found.start() > start:
                yield Piece(original[start : found.start()], start, found.start() - start)
            yield Piece(_meant(found[0]), found.start(), len(found[0]))
            start = found.end()
    if start < leaf.end:
        yield Piece(original[start : leaf.end], start, leaf.end - start)


def _meant(escape: str) -> str:
    if escape == "\\r\\n":
        return "\n"
    if escape[1] != "u":
        return _SIMPLE.get(escape[1], escape[1])
    if len(escape) == 12:
        high, low = int(escape[2:6], 16), int(escape[8:], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    return chr(int(escape[2:], 16))


def _paragraphs(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """Parts pieces at the blank lines of their text."""
    text = "".join(piece.text for piece in pieces)
    at = offset = 0
    for block in paragraphs(text.replace("\r\n", " \n")):
        part: list[Piece] = []
        while at < len(pieces):
            piece = pieces[at]
            low, high = max(block.start - offset, 0), min(block.end - offset, len(piece.text))
            if low < high and len(piece.text) == piece.length and piece.source is not None:
                part.append(Piece(piece.text[low:high], piece.source + low, high - low))
            elif low < high:
                part.append(piece)
            if offset + len(piece.text) > block.end:
                break
            offset += len(piece.text)
            at += 1
        yield part
