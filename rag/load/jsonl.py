"""JSON Lines: one record after the other."""

from __future__ import annotations

from json import JSONDecodeError

from rag.load.decoding import decode
from rag.load.draft import Draft, Piece
from rag.load.media import media_of
from rag.load.records import add_record
from rag.load.values import record
from rag.parsed import Parsed

# How many times over the file is read in search of records that go on over lines.
_WASTE = 4


def load(name: str, data: bytes) -> Parsed:
    """Returns the records, each a block; a line that isn't JSON stands as it is."""
    original, encoding = decode(data)
    draft = Draft()
    at = 1 if original.startswith("\ufeff") else 0
    wasted = 0
    while at < len(original):
        if original[at] in " \t\r\n\x1e":
            at += 1
            continue
        end = original.find("\n", at)
        end = len(original) if end < 0 else end
        try:
            found, at = record(original[at:end], at)
        except JSONDecodeError:
            try:
                if wasted > _WASTE * len(original):
                    raise
                found, at = record(original, 0, at)  # it may go on over lines
            except JSONDecodeError as error:
                wasted += error.pos
                draft.add("row", [Piece(original[at:end], at, end - at)], before="\n\n")
                at = end
                continue
        add_record(draft, original, found, before="\n\n")
    return draft.parsed(media_of(name, "jsonl"), metadata={"encoding": encoding})
