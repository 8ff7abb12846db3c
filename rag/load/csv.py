"""Tables of values: one line of text a row, ``column: value; column: value``.

Contract: a row's line stands for the row's characters in the file as a whole. Values that are empty are left
out, a line's end within a value is a space.
"""

from __future__ import annotations

import csv
import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from rag.load.decoding import decode
from rag.load.draft import Draft, Piece
from rag.load.media import media_of
from rag.parsed import Parsed

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_NUMBER = re.compile(r"[-+(]?[$€£¥]?\d[\d.,:/\-  ]*[%)]?|true|false|null|nan", re.IGNORECASE)
_DELIMITERS = ",;\t|"
_TRIED_ROWS, _TRIED_CHARACTERS = 100, 1 << 16
# A quotation mark that is never closed would swallow the rest of the file.
_LINES_OF_A_ROW = 1000
_COLUMN = 80
# The module's limit on fields counts for the whole process, so that one file at a time changes it.
_LIMIT = threading.Lock()


class Row(NamedTuple):
    """A row and where it stands.

    Attributes:
        cells: its values.
        start: of its first character in the file.
        end: after its last one, the line's end not counted.
    """

    cells: list[str]
    start: int
    end: int


def load(name: str, data: bytes) -> Parsed:
    """Returns the rows as lines; the first row names the columns where it looks as if it did."""
    original, encoding = decode(data)
    media = media_of(name, "csv")
    with _LIMIT:
        before = csv.field_size_limit(len(original) + 1)
        try:
            delimiter = _delimiter(original, "\t" if media != "text/csv" else ",")
            rows = _read(original, delimiter)
        finally:
            csv.field_size_limit(before)
    draft = Draft()
    names: Sequence[str] = ()
    if _has_header(rows):
        names = [" ".join(cell.split())[:_COLUMN] for cell in rows[0].cells]
        if len(rows) > 1:
            rows = rows[1:]
        else:
            names = ()
    for row in rows:
        line = _line(row.cells, names)
        draft.add("row", [Piece(line, row.start, row.end - row.start)], before="\n", same=False)
    return draft.parsed(media, metadata={"encoding": encoding, "rows": len(rows)})


def _line(cells: Sequence[str], names: Sequence[str]) -> str:
    parts = []
    for place, cell in enumerate(cells):
        value = cell.strip().replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
        if value:
            column = names[place] if place < len(names) else ""
            parts.append(f"{column}: {value}" if column else value)
    return "; ".join(parts)


def _read(text: str, delimiter: str) -> list[Row]:
    rows = list(_rows(text, delimiter, csv.QUOTE_MINIMAL))
    if any(text.count("\n", row.start, row.end) > _LINES_OF_A_ROW for row in rows):
        rows = list(_rows(text, delimiter, csv.QUOTE_NONE))
    return rows


def _rows(text: str, delimiter: str, quoting: Literal[0, 3]) -> Iterator[Row]:
    """Gives the rows that aren't blank."""
    start = at = 1 if text.startswith("\ufeff") else 0

    def lines() -> Iterator[str]:
        nonlocal at
        for found in _LINE.finditer(text, at):
            at = found.end()
            yield found[0]

    for cells in csv.reader(
        lines(), delimiter=delimiter, quoting=quoting, skipinitialspace=delimiter != "\t"
    ):
        end = at
        while end > start and text[end - 1] in "\r\n":
            end -= 1
        if any(cell and not cell.isspace() for cell in cells):
            yield Row(cells, start, end)
        start = at


def _delimiter(text: str, usual: str) -> str:
    """Returns what parts the values: what gives most rows the same number of them, of several the most."""
    head = text[:_TRIED_CHARACTERS]
    if len(head) < len(text):
        head = head[: head.rfind("\n") + 1] or head
    best, highest = usual, 0.0
    for delimiter in (usual, *_DELIMITERS.replace(usual, "")):
        widths = Counter[int]()
        for number, row in enumerate(_rows(head, delimiter, csv.QUOTE_MINIMAL)):
            if number == _TRIED_ROWS:
                break
            widths[len(row.cells)] += 1
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
        alike = count / widths.total()
        score = alike * alike * (1 + min(width, 20) / 20) if width > 1 else 0.0
        if score > highest:
            best, highest = delimiter, score
    return best


def _has_header(rows: Sequence[Row]) -> bool:
    """Says whether the first row names columns: words that differ and that no row below repeats."""
    if not rows:
        return False
    first = [cell.strip() for cell in rows[0].cells]
    names = [cell for cell in first if cell]
    if not names or len(set(names)) < len(names) or len(first) - len(names) > 1:
        return False
    if any(_NUMBER.fullmatch(cell) or len(cell) > _COLUMN for cell in names):
        return False
    below = rows[1 : 1 + _TRIED_ROWS]
    return all(
        name != row.cells[place].strip()
        for row in below
        for place, name in enumerate(first)
        if name and place < len(row.cells)
    )
