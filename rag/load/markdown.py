"""Markdown: the source text itself, with blocks where its structure is.

Contract: nothing is stripped; a heading's block has its marks, an item's its bullet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.load.blocks import covered, trimmed
from rag.load.bounds import check
from rag.load.decoding import decode
from rag.load.media import media_of
from rag.load.normal import normalise
from rag.parsed import Kind, Parsed

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FRONT = re.compile(r"\s*(---|\+\+\+)[^\S\n]*\n(?:.*?\n)??\1[^\S\n]*(?:\n|$)", re.DOTALL)
_FACT = re.compile(r"^(title|author|date|description)[^\S\n]*[:=][^\S\n]*(\S.*)$", re.MULTILINE)
# What may begin a block: a mark at the edge, a cell, a blank line. One line can nest many.
_MARK = re.compile(r"(?:\A|(?<=\n))[^\S\n]*(?:(?:[-+*>#]|\d{1,9}[.)])[^\S\n]*)+|\||\n[^\S\n]*(?=\n)")
_MARKS = re.compile(r"[-+*>#.)|\n]")
_LEAVES: dict[str, Kind] = {
    "fence": "code",
    "code_block": "code",
    "tr_open": "row",
    "paragraph_open": "paragraph",
    "html_block": "paragraph",
    "hr": "paragraph",
}


def load(name: str, data: bytes) -> Parsed:
    """Returns the text, its headings, code, items, tables' rows and paragraphs, and front matter's facts.

    Raises:
        Unreadable: it has too many of them.
    """
    original, encoding = decode(data)
    normal = normalise(original)
    text = normal.text
    _count(text)
    front = _FRONT.match(text)
    body = front.end() if front else 0
    facts = {key: _unquoted(value) for key, value in _FACT.findall(front[0])} if front else {}
    title = facts.pop("title", "")
    found = list(trimmed(text, "code", 0, body))
    for kind, start, end, level, words in _structure(text, body):
        if kind == "heading" and level == 1 and not title:
            title = words
        found.extend(trimmed(text, kind, start, end, level))
    return Parsed(
        text,
        media_of(name, "markdown"),
        " ".join(title.split()),
        covered(text, found),
        origin=normal.origin,
        metadata={**facts, "encoding": encoding},
    )


def _count(text: str) -> None:
    """Counts what may begin a block, since the reader's tokens cost more than the blocks.

    Raises:
        Unreadable: it's too much.
    """
    count = 0
    for found in _MARK.finditer(text):
        count += len(_MARKS.findall(found[0]))
        check(count)


@lru_cache(maxsize=1)
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark").enable("table")
    # What is within a line doesn't matter here, and most of the time goes there. A definition of a reference
    # is text like any other.
    reader.core.ruler.enableOnly(["normalize", "block"])
    reader.block.ruler.disable("reference")
    return reader


def _structure(text: str, body: int) -> Iterator[tuple[Kind, int, int, int, str]]:
    """Gives kind, start, end, level and words of what is in ``text[body:]``."""
    starts = [body]
    place = text.find("\n", body)
    while place >= 0:
        starts.append(place + 1)
        place = text.find("\n", place + 1)
    starts.append(len(text))
    item: Token | None = None  # an item whose first paragraph hasn't come yet
    tokens = _reader().parse(text[body:])
    for at, token in enumerate(tokens):
        if token.type == "list_item_open":
            item = token
        if token.map is None:
            continue
        first, last = token.map
        kind: Kind | None = "heading" if token.type == "heading_open" else _LEAVES.get(token.type)
        if kind is None:
            continue
        if item is not None and item.map is not None:
            if kind == "paragraph":
                kind, first = "item", item.map[0]
            item = None
        if kind == "row" and tokens[at - 1].type == "thead_open":
            last += 1  # the line below the columns' names
        level = int(token.tag[1]) if kind == "heading" else 0
        yield (
            kind,
            starts[min(first, len(starts) - 1)],
            starts[min(last, len(starts) - 1)],
            level,
            " ".join(tokens[at + 1].content.split()) if kind == "heading" else "",
        )


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
