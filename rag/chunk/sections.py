"""Sections of a text: headings and what's under them, up to the next heading.

Contract: sections come in order and hold every block; headings that follow each other with nothing between
begin one section, which is named by the last of them. A page's end ends a section, so that what's found can
be looked up on its page; what goes on is another section under the same titles.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.parsed import Block, Parsed


@dataclass(frozen=True)
class Section:
    """Headings and the blocks under them.

    Attributes:
        path: the titles above its text, the outermost first; not the document's.
        lead: its headings; none before the first heading.
        body: its other blocks; none where nothing follows the last heading.
        page: the number of the page that it's on; 0 where there are none.
    """

    path: tuple[str, ...]
    lead: tuple[Block, ...]
    body: tuple[Block, ...]
    page: int = 0

    @property
    def start(self) -> int:
        """Its first character."""
        return (self.lead or self.body)[0].start

    @property
    def end(self) -> int:
        """After its last one."""
        return (self.body or self.lead)[-1].end


def sections(parsed: Parsed) -> list[Section]:
    """Returns the sections of a text; none of a blank one."""
    found: list[Section] = []
    above: list[tuple[int, str]] = []
    lead: list[Block] = []
    body: list[Block] = []
    titled, starts, page = False, [one.start for one in parsed.pages], 0
    for block in _blocks(parsed):
        before = page
        page = parsed.pages[max(0, bisect_right(starts, block.start) - 1)].number if starts else 0
        if (lead or body) and (page != before or (body and block.kind == "heading")):
            found.append(_section(above, lead, body, before))
            lead, body = [], []
        if block.kind != "heading":
            body.append(block)
            continue
        while above and above[-1][0] >= block.level:
            above.pop()
        words = parsed.heading(block)
        if not titled and words == " ".join(parsed.title.split()):
            titled = True
        else:
            above.append((block.level, words))
        lead.append(block)
    if lead or body:
        found.append(_section(above, lead, body, page))
    return found


def together(ordered: Sequence[Section], small: Sequence[bool]) -> Iterator[tuple[Section, ...]]:
    """Groups sections that may share chunks: neighbours that are all small, under one parent.

    The parent's own text, before its first heading, may be the first of them.
    """
    group: list[Section] = []
    parents: set[tuple[str, ...]] = set()
    for section, tiny in zip(ordered, small, strict=True):
        near = group and tiny and section.page == group[0].page
        if near and section.path and section.path[:-1] in parents:
            group.append(section)
            parents = {section.path[:-1]}
            continue
        if group:
            yield tuple(group)
        group = [section]
        parents = {section.path, section.path[:-1]} if tiny else set()
    if group:
        yield tuple(group)


def common(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Returns what paths begin with in common."""
    first, last = min(paths), max(paths)
    same = 0
    while same < min(len(first), len(last)) and first[same] == last[same]:
        same += 1
    return first[:same]


def _section(
    above: Sequence[tuple[int, str]], lead: Sequence[Block], body: Sequence[Block], page: int
) -> Section:
    return Section(tuple(words for _, words in above if words), tuple(lead), tuple(body), page)


def _blocks(parsed: Parsed) -> Iterator[Block]:
    """Gives the blocks without blanks around them; text that's in none is a paragraph."""
    end = 0
    for block in (*parsed.blocks, Block("paragraph", len(parsed.text), len(parsed.text))):
        between = _trimmed(parsed.text, Block("paragraph", end, max(end, block.start)))
        if between.start < between.end:
            yield between
        trimmed = _trimmed(parsed.text, block)
        if trimmed.start < trimmed.end:
            yield trimmed
        end = max(end, block.end)


def _trimmed(text: str, block: Block) -> Block:
    words = text[block.start : block.end]
    start = block.start + len(words) - len(words.lstrip())
    if block.kind == "code":
        # The first line keeps its indentation.
        start = max(block.start, text.rfind("\n", 0, start) + 1)
    return replace(block, start=start, end=max(start, block.start + len(words.rstrip())))
