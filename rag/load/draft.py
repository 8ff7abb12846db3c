"""A text that is put together from pieces of an original, block by block."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rag.load.bounds import check
from rag.load.normal import compose, normalise, whole
from rag.parsed import Block, Kind, Origin, Parsed, Run, merged


class Piece(NamedTuple):
    """A piece of text and the characters of the original that it stands for.

    Attributes:
        text: the piece.
        source: where it comes from; None for what was put in.
        length: of what it stands for; as long as itself, it's the same character by character.
    """

    text: str
    source: int | None = None
    length: int = 0


class Draft:
    """Blocks are added in the order of the original."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._runs: list[Run] = []
        self._blocks: list[Block] = []
        self._length = 0

    def add(
        self, kind: Kind, pieces: Iterable[Piece], level: int = 0, before: str = "\n\n", same: bool = True
    ) -> bool:
        """Adds a block; says whether there was one, since blank ones are left out.

        Args:
            kind: of block.
            pieces: that it's made of.
            level: of a heading.
            before: what parts it from the block before.
            same: whether pieces as long as what they stand for are the same characters; else they stand as
                wholes.

        Raises:
            Unreadable: it's one too many.
        """
        parts: list[str] = []
        runs: list[Run] = []
        length = 0
        for text, source, source_length in pieces:
            if source is not None and (not same or len(text) != source_length):
                text = normalise(text).text
                runs.extend(whole(length, len(text), source, source_length))
            elif source is not None:
                runs.append(Run(length, len(text), source, source_length))
            parts.append(text)
            length += len(text)
        joined = "".join(parts)
        text, outer = normalise(joined)
        if outer or not text:
            runs = list(compose(outer, tuple(runs)))
        first = len(text) - len(text.lstrip("\n" if kind == "code" else None))
        last = len(text.rstrip())
        if first >= last:
            return False
        if self._parts:
            self._parts.append(before)
            self._length += len(before)
        shift = self._length - first
        shifted: list[Run] = []
        for run in runs:
            # Blanks around the block go.
            low, high = max(run.start, first), min(run.start + run.length, last)
            if low < high and run.length == run.source_length:
                shifted.append(Run(low + shift, high - low, run.source + low - run.start, high - low))
            elif low < high:
                shifted.extend(whole(low + shift, high - low, run.source, run.source_length))
        self._runs.extend(merged(shifted))
        check(len(self._blocks) + 1, len(self._runs))
        self._parts.append(text[first:last])
        self._blocks.append(Block(kind, self._length, self._length + last - first, level))
        self._length += last - first
        return True

    def parsed(
        self, media: str, title: str = "", metadata: dict[str, str | int | float | bool] | None = None
    ) -> Parsed:
        """Returns what was put together."""
        return Parsed(
            "".join(self._parts),
            media,
            " ".join(normalise(title).text.split()),
            tuple(self._blocks),
            origin=Origin(merged(self._runs)),
            metadata=metadata or {},
        )
