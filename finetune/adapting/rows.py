"""Prepared rows for an encoder: token ids, with marks on the tokens that are right, in a folder.

A unit is what a loss looks at together: one row, or the rows of one choice. A folder holds `meta.json` and,
little-endian, `ids.bin` (uint16), `marks.bin` (uint8, a token's `Mark`s), `lengths.bin`, `seconds.bin`
(uint16: where a row's second text begins), `kinds.bin` (uint16: which loss, or class) and `sizes.bin`
(uint8: rows of a unit). Files are memory-mapped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntFlag
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homespun.errors import UsageError
from homespun.files import atomic_folder


class Mark(IntFlag):
    """What is true of a token."""

    NONE = 0
    START = 1
    """A right span begins here."""
    END = 2
    """A right span ends here."""
    INSIDE = 4
    """In a right span of a list."""
    OPTION = 8
    """First token of one of the values to choose from, or where a row is scored as a whole."""
    RIGHT = 16
    """The option is right."""


@dataclass(frozen=True)
class Row:
    """One row: `marks` has a token's marks under its place, others have none."""

    ids: Sequence[int]
    second: int
    marks: dict[int, Mark]
    kind: int = 0


_FILES = {"ids": "<u2", "marks": "u1", "lengths": "<u2", "seconds": "<u2", "kinds": "<u2", "sizes": "u1"}


def write_rows(folder: Path, units: Iterable[Sequence[Row]], meta: dict[str, Any]) -> Path:
    """Write a folder of units, whole or not at all.

    Raises:
        OutOfSpace: The disk is full.
    """
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in ("ids", "marks")}
    single: dict[str, list[int]] = {name: [] for name in ("lengths", "seconds", "kinds", "sizes")}
    for unit in units:
        single["sizes"].append(len(unit))
        for row in unit:
            marks = np.zeros(len(row.ids), np.uint8)
            for place, mark in row.marks.items():
                marks[place] |= int(mark)
            parts["ids"].append(np.asarray(row.ids, "<u2"))
            parts["marks"].append(marks)
            single["lengths"].append(len(row.ids))
            single["seconds"].append(row.second)
            single["kinds"].append(row.kind)
    with atomic_folder(folder) as inside:
        for name, kind in _FILES.items():
            data = np.concatenate(parts[name]) if parts.get(name) else single.get(name, [])
            np.asarray(data, kind).tofile(inside / f"{name}.bin")
        (inside / "meta.json").write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")
    return folder


class Rows:
    """A folder of units, opened."""

    def __init__(self, folder: Path | str) -> None:
        """Open a folder.

        Raises:
            UsageError: A file is missing, or files contradict each other.
        """
        self.folder = Path(folder)
        try:
            self.meta = json.loads((self.folder / "meta.json").read_text(encoding="utf-8"))
            files = {name: np.fromfile(self.folder / f"{name}.bin", kind) for name, kind in _FILES.items()}
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{self.folder} is no folder of prepared rows ({error}): prepare it again"
            ) from error
        self.ids, self.marks = files["ids"], files["marks"]
        self.lengths = files["lengths"].astype(np.int64)
        self.seconds = files["seconds"].astype(np.int64)
        rows = len(files["lengths"])
        if len(files["kinds"]) != rows or len(files["seconds"]) != rows or files["sizes"].sum() != rows:
            raise UsageError(f"{self.folder} holds rows of another form: prepare it again")
        self.kinds, self.sizes = files["kinds"], files["sizes"].astype(np.int64)
        self.offsets = np.concatenate([[0], np.cumsum(self.lengths)])
        self.firsts = np.concatenate([[0], np.cumsum(self.sizes)])
        rows = len(self.lengths)
        if len(self.ids) != self.offsets[-1] or len(self.marks) != len(self.ids) or self.firsts[-1] != rows:
            raise UsageError(f"the files in {self.folder} don't fit each other: prepare it again")

    def __len__(self) -> int:
        """Units."""
        return len(self.sizes)

    def widths(self) -> NDArray[np.int64]:
        """Length of the longest row of every unit, [units]."""
        if not len(self):
            return np.zeros(0, np.int64)
        return np.maximum.reduceat(self.lengths, self.firsts[:-1])
