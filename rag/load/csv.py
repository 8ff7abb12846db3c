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
from contextlib import suppress
from itertools import chain, islice
from typing import Literal, NamedTuple

from rag.load.bounds import too_many
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
_CELLS_OF_A_ROW = 100_000
_COLUMN = 80
# The module's limit on fields counts for the whole process, so that one file at a time changes it.
_LIMIT = threading.Lock()


class _Endless(Exception):  # noqa: N818
    """A row goes on for too many lines."""


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
            try:
                draft, count = _drafted(_rows(original, delimiter, csv.QUOTE_MINIMAL))
            except _Endless:
                draft, count = _drafted(_rows(original, delimiter, csv.QUOTE_NONE))
        finally:
            csv.field_size_limit(before)
    return draft.parsed(media, metadata={"encoding": encoding, "rows": count})


def _drafted(rows: Iterator[Row]) -> tuple[Draft, int]:
    """Returns the rows' lines and how many rows there are, without holding more than a few rows."""
    head = list(islice(rows, 1 + _TRIED_ROWS))
    names: Sequence[str] = ()
    if len(head) > 1 and _has_header(head):
        names = [" ".join(cell.split())[:_COLUMN] for cell in head.pop(0).cells]
    draft = Draft()
    count = 0
    for row in chain(head, rows):
        line = _line(row.cells, names)
        draft.add("row", [Piece(line, row.start, row.end - row.start)], before="\n", same=False)
        count += 1
    return draft, count


def _line(cells: Sequence[str], names: Sequence[str]) -> str:
    parts = []
    for place, cell in enumerate(cells):
        value = cell.strip().replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
        if value:
            column = names[place] if place < len(names) else ""
            parts.append(f"{column}: {value}" if column else value)
    return "; ".join(parts)


def _rows(text: str, delimiter: str, quoting: Literal[0, 3]) -> Iterator[Row]:
    """Gives the rows that aren't blank.

    Raises:
        _Endless: one has too many lines.
        Unreadable: one has too many cells.
    """
    start = at = 1 if text.startswith("\ufeff") else 0
    number = cells_of_row = 0

    def lines() -> Iterator[str]:
        nonlocal at, number, cells_of_row
        for found in _LINE.finditer(text, at):
            # Checked before the reader puts the row together.
            number += 1
            cells_of_row += text.count(delimiter, at, found.end())
            at = found.end()
            if number > _LINES_OF_A_ROW:
                raise _Endless
            if cells_of_row > _CELLS_OF_A_ROW:
                raise too_many(_CELLS_OF_A_ROW)
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
        number = cells_of_row = 0


def _delimiter(text: str, usual: str) -> str:
    """Returns what parts the values: what gives most rows the same number of them, of several the most."""
    head = text[:_TRIED_CHARACTERS]
    if len(head) < len(text):
        head = head[: head.rfind("\n") + 1] or head
    best, highest = usual, 0.0
    for delimiter in (usual, *_DELIMITERS.replace(usual, "")):
        widths = Counter[int]()
        with suppress(_Endless):
            for row in islice(_rows(head, delimiter, csv.QUOTE_MINIMAL), _TRIED_ROWS):
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
