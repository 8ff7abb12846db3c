"""PDF: the text layer, page by page.

Contract: the text is its own original. Lines stay lines; a word that a line's end parts is whole again.
Paragraphs are what wide gaps between lines part; a blank line stands for each gap.
"""

from __future__ import annotations

import re
import threading
from typing import Any

from rag.load.blocks import paragraphs
from rag.load.bounds import check
from rag.load.normal import normalise
from rag.parsed import Block, Page, Parsed, Unreadable

MOST_PAGES = 5_000
MOST_CHARACTERS = 20_000_000

# A gap is wide from so many heights of a line on, and from so many times the usual step from line to line.
_WIDE_LINES, _WIDE_STEPS = 1.45, 1.3

# PDFium's state is the process's: two threads in it at once crash.
_ALONE = threading.Lock()
# A line's end within a word: PDFium leaves a mark where it has joined the lines itself.
_MARKED = re.compile(r"[\x02\ufffe]\n?(?=([a-zß-öø-ÿ])?)")
_PARTED = re.compile(r"(?<=[^\W\d_])-\n(?=[^\W\d_])")
_LIGATURES = str.maketrans(
    {chr(0xFB00 + at): letters for at, letters in enumerate(("ff", "fi", "fl", "ffi", "ffl", "st", "st"))}
)
# What programs put for a title that nobody gave.
_NO_TITLE = re.compile(
    r"Microsoft Word - .*|untitled.*|.*\.(?:docx?|tex|dvi|indd|pptx?|xlsx?|pdf)|Print(?:ing)? .*",
    re.IGNORECASE,
)


def load(name: str, data: bytes) -> Parsed:  # noqa: ARG001
    """Returns the text of the pages, the title and the author.

    Raises:
        Unreadable: it's encrypted or damaged, has no text layer, or too many pages or characters.
    """
    import pypdfium2

    with _ALONE:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if "password" in str(error).lower() or "security" in str(error).lower():
                raise Unreadable("is encrypted") from error
            raise Unreadable("is a damaged PDF") from error
        try:
            if len(document) > MOST_PAGES:
                raise Unreadable(f"has more than {MOST_PAGES:,} pages")
            texts = _texts(document)
            facts: dict[str, str] = document.get_metadata_dict()
        finally:
            document.close()
    if not any(text.strip() for text in texts):
        raise Unreadable("has no text layer (a scan?)")
    return _joined(texts, facts)


def _joined(texts: list[str], facts: dict[str, str]) -> Parsed:
    parts: list[str] = []
    pages: list[Page] = []
    blocks: list[Block] = []
    length = 0
    for number, page in enumerate(texts, 1):
        text = normalise(_mended(page)).text.strip("\n")
        if parts and text:
            parts.append("\n\n")
            length += 2
        blocks.extend(
            Block(block.kind, block.start + length, block.end + length) for block in paragraphs(text)
        )
        check(len(blocks))
        pages.append(Page(number, length, length + len(text)))
        parts.append(text)
        length += len(text)
    title = " ".join(normalise(facts.get("Title", "")).text.split())
    author = " ".join(normalise(facts.get("Author", "")).text.split())
    return Parsed(
        "".join(parts),
        "application/pdf",
        "" if _NO_TITLE.fullmatch(title) else title,
        tuple(blocks),
        tuple(pages),
        metadata={"pages": len(texts), **({"author": author} if author else {})},
    )


def _texts(document: Any) -> list[str]:
    """Returns the text of each page as PDFium gives it, with blank lines where there are wide gaps."""
    texts: list[str] = []
    count = 0
    for number in range(len(document)):
        texts.append(_text(document, number))
        count += len(texts[-1])
        if count > MOST_CHARACTERS:
            raise Unreadable(f"has more than {MOST_CHARACTERS:,} characters")
    return texts


def _text(document: Any, number: int) -> str:
    """Returns the text of a page; "" for one that's damaged, which shouldn't cost the others."""
    import pypdfium2

    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return ""
    try:
        layer = page.get_textpage()
        lines = layer.get_text_range().replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return _gapped(lines, layer)
    except pypdfium2.PdfiumError:
        return ""
    finally:
        page.close()  # and what was opened on it


def _gapped(lines: list[str], layer: Any) -> str:
    """Joins lines, and puts a blank line where the gap is wider than usual on the page."""
    begins: list[tuple[float, float] | None] = []
    ends: list[tuple[float, float] | None] = []
    at = 0
    for line in lines:
        words = line.strip()
        first = at + len(line) - len(line.lstrip())
        begins.append(_place(layer, first) if words else None)
        # A line that PDFium has joined from several ends lower than it begins.
        ends.append(_place(layer, first + len(words) - 1) if words else None)
        at += len(line) + 2  # PDFium counts two characters for a line's end
    steps = [
        (above[0] - below[0]) / below[1] if above and below and below[1] > 0 else 0.0
        for above, below in zip(ends, begins[1:], strict=False)
    ]
    usual = sorted(step for step in steps if step > 0.5)
    least = max(_WIDE_LINES, _WIDE_STEPS * usual[len(usual) // 4]) if usual else 0.0
    parts = [lines[0]]
    for line, step in zip(lines[1:], steps, strict=True):
        parts.append("\n\n" if step > least else "\n")
        parts.append(line)
    return "".join(parts)


def _place(layer: Any, at: int) -> tuple[float, float] | None:
    """Returns the lower edge and the height of a character, in points."""
    try:
        _, bottom, _, top = layer.get_charbox(at, loose=True)
    except Exception:  # an index that PDFium has no box for
        return None
    return bottom, top - bottom


def _mended(text: str) -> str:
    text = _MARKED.sub(lambda found: "" if found[1] else "-", text)
    text = _PARTED.sub(
        lambda found: "" if text[found.start() - 1].islower() and text[found.end()].islower() else found[0],
        text,
    )
    return text.translate(_LIGATURES)
