"""Plain text: paragraphs are what blank lines part."""

from __future__ import annotations

from rag.load.blocks import paragraphs
from rag.load.bounds import few
from rag.load.decoding import decode
from rag.load.media import media_of
from rag.load.normal import normalise
from rag.parsed import Parsed


def load(name: str, data: bytes) -> Parsed:
    """Returns the text as it is, normalised."""
    original, encoding = decode(data)
    normal = normalise(original)
    return Parsed(
        normal.text,
        media_of(name, "text"),
        blocks=tuple(few(paragraphs(normal.text))),
        origin=normal.origin,
        metadata={"encoding": encoding},
    )
