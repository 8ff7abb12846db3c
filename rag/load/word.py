"""Word documents: headings, paragraphs, items and tables' rows in the order of the document.

Contract: the text is its own original. What was deleted while changes were tracked is left out, what was
added isn't; headers, footers and notes are left out.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from rag.load.draft import Draft, Piece
from rag.load.limits import MIB, Limits
from rag.load.media import DOCX
from rag.load.packed import DEFLATED, STORED, Packed, Tally
from rag.parsed import Kind, Parsed, Unreadable

_UNPACKED = Limits(file_bytes=256 * MIB, archive_bytes=256 * MIB, members=10_000, ratio=500)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SHOWN = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_LEFT_OUT = frozenset(
    {_FALLBACK, f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_W}tbl", f"{_W}txbxContent"}
)
_WRAPPERS = frozenset({f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml"})
_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_DEEPEST_STYLE = 20


def load(name: str, data: bytes) -> Parsed:  # noqa: ARG001
    """Returns the text, the title and the author.

    Raises:
        Unreadable: it unpacks to too much.
    """
    _check(data)
    import docx

    document: Any = docx.Document(BytesIO(data))
    levels = dict(_levels(document))
    draft = Draft()
    last: Kind | None = None
    for kind, level, text in _blocks(document.element.body, levels):
        close = kind == last and kind in {"item", "row"}
        if draft.add(kind, [Piece(text)], level, "\n" if close else "\n\n"):
            last = kind
    facts = document.core_properties
    return draft.parsed(DOCX, facts.title or "", {"author": facts.author} if facts.author else {})


def _check(data: bytes) -> None:
    """Unpacks all members once, counting, since the library would unpack them without.

    Raises:
        Unreadable: they're too many or too large, or one is damaged or encrypted.
    """
    tally = Tally()
    with BytesIO(data) as stream, zipfile.ZipFile(stream) as archive:
        members = archive.infolist()
        if len(members) > _UNPACKED.members:
            raise Unreadable(f"has more than {_UNPACKED.members:,} parts")
        for info in members:
            if info.flag_bits & 1:
                raise Unreadable("is encrypted")
            if info.compress_type not in {STORED, DEFLATED}:
                raise Unreadable("is a damaged Word document")
            if info.file_size or info.compress_size > 2:
                Packed(info.header_offset, info.compress_size, info.compress_type, info.CRC, tally).unpack(
                    stream, _UNPACKED
                )


def _levels(document: Any) -> Iterator[tuple[str, tuple[Kind, int]]]:
    """Gives what paragraphs of a style are, by its id; nothing for plain ones."""
    for style in document.styles.element.iter(f"{_W}style"):
        under = style
        for _ in range(_DEEPEST_STYLE):
            name = _value(under, "name") or ""
            outline = under.find(f"{_W}pPr/{_W}outlineLvl")
            found = _HEADING.match(name)
            if name.lower() == "title":
                yield style.get(f"{_W}styleId"), ("heading", 1)
            elif found:
                yield style.get(f"{_W}styleId"), ("heading", int(found[1]))
            elif outline is not None and (outline.get(f"{_W}val") or "9") < "9":
                yield style.get(f"{_W}styleId"), ("heading", int(outline.get(f"{_W}val")) + 1)
            elif name.lower().startswith("list"):
                yield style.get(f"{_W}styleId"), ("item", 0)
            else:
                base = _value(under, "basedOn")
                under = base and next(
                    (one for one in document.styles.element if one.get(f"{_W}styleId") == base), None
                )
                if under is None or not base:
                    break
                continue
            break


def _blocks(body: Any, levels: dict[str, tuple[Kind, int]]) -> Iterator[tuple[Kind, int, str]]:
    """Gives kind, level and text of what is in a body or a content control."""
    for element in body:
        if element.tag == f"{_W}p":
            yield from _paragraph(element, levels)
        elif element.tag == f"{_W}tbl":
            for row in _direct(element, f"{_W}tr"):
                yield "row", 0, _row(row)
        elif element.tag in _WRAPPERS:
            yield from _blocks(element, levels)


def _paragraph(element: Any, levels: dict[str, tuple[Kind, int]]) -> Iterator[tuple[Kind, int, str]]:
    kind, level = levels.get(_value(element, "pPr", "pStyle") or "", ("paragraph", 0))
    outline = _value(element, "pPr", "outlineLvl")
    if outline is not None and outline < "9":
        kind, level = "heading", int(outline) + 1
    if kind == "paragraph" and element.find(f"{_W}pPr/{_W}numPr") is not None:
        kind = "item"
    yield kind, level, "".join(_words(element))
    for box in element.iter(f"{_W}txbxContent"):
        if not _is_fallback(box):
            yield from _blocks(box, levels)


def _row(row: Any) -> str:
    """Returns the cells of a row; a table in a cell is words of the cell."""
    cells = []
    for cell in _direct(row, f"{_W}tc"):
        lines = [line for line in cell.iter(f"{_W}p") if not _is_fallback(line)]
        words = " ".join("".join(_words(line)) for line in lines)
        cells.append(" ".join(words.split()))
    return " | ".join(cells) if any(cells) else ""


def _direct(element: Any, tag: str) -> Iterator[Any]:
    """Gives the children of a tag, those within what only wraps them too."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _direct(child, tag)


def _is_fallback(element: Any) -> bool:
    """Says whether an element is there again for programs that don't know its other form."""
    return any(above.tag == _FALLBACK for above in element.iterancestors())


def _words(element: Any) -> Iterator[str]:
    """Gives the words of a paragraph; those of what is anchored in it not."""
    for child in element:
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _SHOWN:
            yield _SHOWN[child.tag]
        elif child.tag not in _LEFT_OUT and child.tag != f"{_W}pPr":
            yield from _words(child)


def _value(element: Any, *names: str) -> str | None:
    found = element.find("/".join(f"{_W}{name}" for name in names))
    return None if found is None else found.get(f"{_W}val")
