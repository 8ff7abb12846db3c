"""Source code and settings: the text as it is, in pieces that begin at the left edge after a blank line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.load.blocks import BLANK, trimmed
from rag.load.bounds import few
from rag.load.decoding import decode
from rag.load.media import media_of
from rag.load.normal import normalise
from rag.parsed import Block, Parsed

_DECLARED = re.compile(
    rb"(?:[^\n]*\n)?[^\n]*coding[:=]\s*[\"']?([-\w.]+)|<\?xml[^>]{0,100}encoding=[\"']([-\w.]+)"
)
# What goes on with the piece before, though it stands at the left edge.
_GOES_ON = re.compile(r"[\s)\]}]|(?:end|else|elif|except|finally|fi|done|esac)\b")


def load(name: str, data: bytes) -> Parsed:
    """Returns the text as it is, normalised."""
    declared = _DECLARED.match(data[:400])
    original, encoding = decode(data, (declared[1] or declared[2]).decode() if declared else None)
    normal = normalise(original)
    return Parsed(
        normal.text,
        media_of(name, "code"),
        blocks=tuple(few(_pieces(normal.text))),
        origin=normal.origin,
        metadata={"encoding": encoding},
    )


def _pieces(text: str) -> Iterator[Block]:
    start = 0
    for found in BLANK.finditer(text):
        if found.end() < len(text) and not _GOES_ON.match(text, found.end()):
            yield from trimmed(text, "code", start, found.start())
            start = found.end()
    yield from trimmed(text, "code", start, len(text))
