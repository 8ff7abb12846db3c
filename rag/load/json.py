"""JSON: its leaves as lines ``path.to.key: value``."""

from __future__ import annotations

from itertools import groupby
from json import JSONDecodeError

from rag.load import jsonl, text
from rag.load.decoding import decode
from rag.load.draft import Draft
from rag.load.media import media_of
from rag.load.records import add_record
from rag.load.values import record
from rag.parsed import Parsed


def load(name: str, data: bytes) -> Parsed:
    """Returns the leaves; a list's elements are records, each a block, and so is each leaf of an object.

    What isn't JSON but JSON Lines, or text that can be read at least, is loaded as that.
    """
    original, encoding = decode(data)
    try:
        found, end = record(original, 0, 1 if original.startswith("\ufeff") else 0)
    except JSONDecodeError:
        return text.load(name, data)
    if original[end:].strip():
        return jsonl.load(name, data)
    draft = Draft()
    listed = original.lstrip("\ufeff \t\r\n").startswith("[")
    for _, one in groupby(enumerate(found), key=lambda pair: pair[1].record if listed else pair[0]):
        add_record(draft, original, [leaf for _, leaf in one])
    title = next((leaf.string for leaf in found if leaf.path == "title" and leaf.string), "")
    return draft.parsed(media_of(name, "json"), title, {"encoding": encoding})
