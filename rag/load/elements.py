"""The elements of a page that are open, and whether a reader sees what's in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

_VOID = "area base br col embed hr img input link meta param source track wbr"
_HIDDEN = """
    head script style template noscript nav footer svg canvas iframe object audio video select datalist
    textarea dialog map
"""
_BLOCKS = """
    address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure form
    header hgroup hr html legend li main menu ol pre search section summary table tbody tfoot thead tr ul
"""
# What may stand in the head; all else closes it, as in a browser.
_METADATA = frozenset(
    ["base", "basefont", "bgsound", "link", "meta", "title", "noscript", "style", "script", "template"]
)

VOID = frozenset(_VOID.split())
"""Elements without an end."""

HIDDEN = frozenset(_HIDDEN.split())
"""Elements whose content isn't text of the page, or is the same on each."""


BLOCKS = frozenset(_BLOCKS.split())
"""Elements that begin on a line of their own, but paragraphs and headings."""

# An element that may be left unclosed → what it's closed by, and what keeps it open.
_SIBLINGS = {
    "li": ({"li"}, {"ul", "ol", "menu"}),
    "dt": ({"dt", "dd"}, {"dl"}),
    "dd": ({"dt", "dd"}, {"dl"}),
    "td": ({"td", "th"}, {"table", "tr"}),
    "th": ({"td", "th"}, {"table", "tr"}),
    "tr": ({"tr"}, {"table"}),
}
_DEEPEST = 512


class Elements:
    """A stack of open elements that closes by itself what authors leave open."""

    def __init__(self) -> None:
        self._open: list[tuple[str, bool]] = []
        self._counts: Counter[str] = Counter()

    @property
    def hidden(self) -> bool:
        """Whether what comes now isn't seen."""
        return bool(self._open) and self._open[-1][1]

    @property
    def top(self) -> str:
        """The innermost open element; "" where none is."""
        return self._open[-1][0] if self._open else ""

    def open(self, tag: str, hidden: bool) -> Iterator[str]:
        """Opens an element, and gives the seen ones that are closed by it, which must be consumed first."""
        closed = []
        if self._counts["p"] and (tag == "p" or tag in BLOCKS or tag in {"h1", "h2", "h3", "h4", "h5", "h6"}):
            closed += self._close_nearest({"p"}, {"td", "th", "button"})
        if tag in _SIBLINGS:
            others, bounds = _SIBLINGS[tag]
            if any(self._counts[other] for other in others):
                closed += self._close_nearest(others, bounds - others)
        if tag not in _METADATA and tag != "head":
            self.leave_head()
        if tag not in VOID and len(self._open) < _DEEPEST:
            self._open.append((tag, hidden or self.hidden))
            self._counts[tag] += 1
        return iter(closed)

    @property
    def titled(self) -> bool:
        """Whether what comes now is the title of the page, not that of a drawing or template in it."""
        return self.top == "title" and all(tag in {"html", "head", "title"} for tag, _ in self._open)

    def leave_head(self) -> None:
        """Closes the head if it's what is open, before what can't stand in it; nothing seen is."""
        while self.top == "head":
            self._close_nearest({"head"}, set())

    def close(self, tag: str) -> Iterator[str]:
        """Closes an element and all in it; gives the seen ones. Nothing happens if it isn't open."""
        return iter(self._close_nearest({tag}, set()) if self._counts[tag] else [])

    def _close_nearest(self, tags: set[str], bounds: set[str]) -> list[str]:
        place = len(self._open)
        while place:
            place -= 1
            tag = self._open[place][0]
            if tag in tags:
                closed = self._open[place:]
                del self._open[place:]
                for one, _ in closed:
                    self._counts[one] -= 1
                    if not self._counts[one]:
                        del self._counts[one]  # a file can have any number of names
                return [one for one, hidden in reversed(closed) if not hidden]
            if tag in bounds:
                break
        return []
