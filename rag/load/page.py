"""The text of a page as it's put together, with blanks as a browser shows them."""

from __future__ import annotations

import html
import re

from rag.load.bounds import check
from rag.load.draft import Draft, Piece
from rag.parsed import Kind, Parsed

_ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});?"
_TOKEN = re.compile(rf"[ \t\n\r\f]+|{_ENTITY}|[^ \t\n\r\f&]+(?: [^ \t\n\r\f&]+)*|&")
_VERBATIM = re.compile(rf"{_ENTITY}|[^&]+|&")
_BETWEEN = " | "
_CLOSE = {("item", "item"), ("row", "row")}
# What ends a row, though it stands in one of its cells; other elements are words of the cell.
_ENDING = "tr table tbody thead tfoot ul ol dl pre blockquote h1 h2 h3 h4 h5 h6"
_LARGE = frozenset(_ENDING.split())


class PageDraft:
    """Takes the words of a page in order.

    Args:
        original: the source, in which all places count.
    """

    def __init__(self, original: str) -> None:
        self._original = original
        self._draft = Draft()
        self._kind: Kind = "paragraph"
        self._level = 0
        self._pieces: list[Piece] = []
        self._blank: Piece | None = None
        self._cells = 0
        self._last: Kind | None = None

    def start(self, kind: Kind, level: int = 0) -> None:
        """Begins a block of its own."""
        self.flush()
        self._kind, self._level = kind, level

    def start_inner(self, tag: str) -> None:
        """Begins a block within what's open: an item's first paragraph is the item, a cell's are its row."""
        if self._kind == "row" and self._cells and tag not in _LARGE:
            self._space()
        elif self._kind == "item" and not self._pieces:
            pass
        else:
            self.start("paragraph")

    def end(self, tag: str) -> None:
        """Ends a block."""
        if self._kind == "row" and self._cells and tag not in _LARGE:
            self._space()
        else:
            self.start("paragraph")

    def cell(self) -> None:
        """Begins a cell of a row."""
        if self._kind != "row":
            self.start("row")
        self._blank = None
        if self._cells:
            self._put(Piece(_BETWEEN))
        self._cells += 1

    def line_break(self) -> None:
        """Goes on on the next line."""
        self._blank = None
        if self._kind == "row":
            self._space()
        elif self._pieces:
            self._put(Piece("\n"))

    def data(self, start: int, end: int) -> None:
        """Takes ``original[start:end]``.

        Raises:
            Unreadable: the block has too many pieces.
        """
        verbatim = self._kind == "code"
        for found in (_VERBATIM if verbatim else _TOKEN).finditer(self._original, start, end):
            token, at = found[0], found.start()
            if not verbatim and token[0] in " \t\n\r\f":
                self._blank = self._blank or Piece(" ", at, len(token))
                continue
            if self._blank is not None:
                if self._pieces and not self._pieces[-1].text.endswith((" ", "\n")):
                    self._put(self._blank)
                self._blank = None
            meant = html.unescape(token) if token[0] == "&" else token
            self._put(Piece(meant, at, len(token)))

    def plain(self, start: int, end: int) -> str:
        """Returns ``original[start:end]`` with entities resolved."""
        return html.unescape(self._original[start:end])

    def flush(self) -> None:
        """Ends the block that is open."""
        pieces, self._pieces, self._blank = self._pieces, [], None
        if any(piece.source is not None for piece in pieces):
            before = "\n" if (self._last, self._kind) in _CLOSE else "\n\n"
            if self._draft.add(self._kind, pieces, self._level, before):
                self._last = self._kind
        self._kind, self._level, self._cells = "paragraph", 0, 0

    def parsed(self, media: str, title: str, metadata: dict[str, str | int | float | bool]) -> Parsed:
        """Returns the page."""
        return self._draft.parsed(media, title, metadata)

    def _put(self, piece: Piece) -> None:
        self._pieces.append(piece)
        check(runs=len(self._pieces))

    def _space(self) -> None:
        if self._pieces and self._blank is None:
            self._blank = Piece(" ")
