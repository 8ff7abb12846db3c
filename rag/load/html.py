"""HTML: the words that a reader sees, each with its place in the source.

Contract: what isn't shown (scripts, styles, hidden elements) and what surrounds every page of a site
(navigation, footers) is left out. Blanks are as a browser shows them; cells of a row are parted by " | ".
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from rag.load.bounds import MOST_BLOCKS, too_many
from rag.load.decoding import decode
from rag.load.elements import BLOCKS, HIDDEN, Elements
from rag.load.media import media_of
from rag.load.page import PageDraft
from rag.parsed import Parsed

_DECLARED = re.compile(
    rb"<meta[^>]{1,200}charset\s*=\s*[\"']?\s*([-\w.:]+)|<\?xml[^>]{1,100}encoding\s*=\s*[\"']([-\w.]+)",
    re.IGNORECASE,
)
_STYLED_AWAY = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# A tag of so many attributes that the parser's list of them would be what costs most.
_CROWDED = re.compile(rf"<[a-zA-Z][^<>\s/]*+(?:[\s/]++[^<>\s/]++){{{MOST_BLOCKS}}}")
_HEADING = re.compile(r"h[1-6]\Z")


def load(name: str, data: bytes) -> Parsed:
    """Returns the text of a page."""
    declared = _DECLARED.search(data[:2048])
    original, encoding = decode(data, (declared[1] or declared[2]).decode() if declared else None)
    if _CROWDED.search(original):
        raise too_many(MOST_BLOCKS)
    reader = _Reader(original)
    reader.feed(_tamed(original))
    reader.close()
    reader.draft.flush()
    return reader.draft.parsed(media_of(name, "html"), reader.title, {"encoding": encoding})


def _tamed(original: str) -> str:
    """Returns a copy, equally long, of whose markup `HTMLParser` makes something quickly.

    Entities are left to `PageDraft`, which reads the original. What opens and never closes is text.
    """
    text = original.replace("&", "x").replace("<![", "<!x")
    close = text.rfind("-->") + 1
    text = text[:close] + text[close:].replace("<!--", "x!--")
    close = text.rfind(">") + 1
    return text[:close] + text[close:].replace("<", "x")


class _Reader(HTMLParser):
    def __init__(self, original: str) -> None:
        super().__init__(convert_charrefs=False)
        self.draft = PageDraft(original)
        self.title = ""
        self._original = original
        self._elements = Elements()
        self._line, self._start = 1, 0

    def _place(self) -> int:
        line, column = self.getpos()
        # Places only go on, so there's no need to know the starts of all lines at once.
        while self._line < line:
            self._start = self._original.index("\n", self._start) + 1
            self._line += 1
        return self._start + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        hidden = (
            tag in HIDDEN
            or "hidden" in given
            or (given.get("aria-hidden") or "").strip().lower() == "true"
            or bool(_STYLED_AWAY.search(given.get("style") or ""))
        )
        for closed in self._elements.open(tag, hidden):
            self._closed(closed)
        if self._elements.hidden:
            return
        draft = self.draft
        if tag == "br":
            draft.line_break()
        elif tag in {"td", "th"}:
            draft.cell()
        elif tag == "tr":
            draft.start("row")
        elif tag == "pre":
            draft.start("code")
        elif tag in {"li", "dd"}:
            draft.start("item")
        elif _HEADING.match(tag):
            draft.start("heading", int(tag[1]))
        elif tag == "p" or tag in BLOCKS:
            draft.start_inner(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # HTML knows no such tags: a browser ignores the slash, XHTML doesn't.
        self.handle_starttag(tag, attrs)
        if tag in {
            "script",
            "style",
            "title",
            "iframe",
            "template",
            "svg",
            "canvas",
            "td",
            "th",
            "a",
            "span",
        }:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        for closed in self._elements.close(tag):
            self._closed(closed)

    def handle_data(self, data: str) -> None:
        place = self._place()
        if not data.isspace():
            self._elements.leave_head()
        if self._elements.titled:
            self.title = self.title or self.draft.plain(place, place + len(data))
        elif not self._elements.hidden:
            self.draft.data(place, place + len(data))

    def _closed(self, tag: str) -> None:
        if tag == "p" or tag in BLOCKS or _HEADING.match(tag):
            self.draft.end(tag)
