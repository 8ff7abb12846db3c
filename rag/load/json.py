"""JSON: its leaves as lines ``path.to.key: value``."""

from __future__ import annotations

from itertools import groupby
from json import JSONDecodeError

from rag.load import jsonl, text
from rag.load.bounds import few
from rag.load.decoding import decode
from rag.load.draft import Draft
from rag.load.media import media_of
from rag.load.records import add_record
from rag.load.values import Leaf, Reading
from rag.parsed import Parsed


def load(name: str, data: bytes) -> Parsed:
    """Returns the leaves; a list's elements are records, each a block, and so is each leaf of an object.

    What isn't JSON but JSON Lines, or text that can be read at least, is loaded as that.
    """
    original, encoding = decode(data)
    reading = Reading(original, 1 if original.startswith("\ufeff") else 0)
    draft = Draft()
    title = ""
    listed = original.lstrip("\ufeff \t\r\n").startswith("[")

    def part(pair: tuple[int, Leaf]) -> int:
        return pair[1].record if listed else pair[0]

    try:
        for _, one in groupby(enumerate(reading), key=part):
            record = [leaf for _, leaf in few(one)]
            add_record(draft, original, record)
            title = title or next(
                (leaf.string for leaf in record if leaf.path == "title" and leaf.string), ""
            )
    except JSONDecodeError:
        return text.load(name, data)
    if original[reading.end :].strip():
        return jsonl.load(name, data)
    return draft.parsed(media_of(name, "json"), title, {"encoding": encoding})
