"""Short passages of public texts, as sentences: paragraphs of Wikipedia, and pieces of graded news."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from finetune.data.sources import records
from homespun.text.sentences import split

FEWEST, MOST = 3, 8
"""Sentences of a passage."""
LONGEST = 780
"""Characters of a passage, so that most prompts stay under 900."""
_SHORTEST = 200
_PARAGRAPHS = 4
# What the extraction of articles left behind: emptied brackets, templates, headings without their text.
_BROKEN = re.compile(
    r"\(\s*[;,)]|\(\s|[{}|<>_]|\[\d|\"\"|\?\?|…|&\w+;| {2}|'{2,}|formula_|,\s*,|\(\)| [,.;:]"
)
_WHOLE = re.compile(r"^[\"“‘]?[A-Z0-9].*[.!?][\"”’]?$", re.DOTALL)


@dataclass(frozen=True)
class Passage:
    """A passage.

    Attributes:
        title: Of the article.
        sentences: In order.
        opening: Whether it begins the article, so that its first sentence says what the article is about.
    """

    title: str
    sentences: tuple[str, ...]
    opening: bool

    @property
    def text(self) -> str:
        """The sentences as one paragraph."""
        return " ".join(self.sentences)


def passages(folder: Path) -> Iterator[Passage]:
    """Yield the first paragraphs of articles, then pieces of news, those that are whole sentences.

    Args:
        folder: Of public data, with `text/wikipedia-*.jsonl.gz` and `text/onestopenglish.jsonl`.

    Raises:
        UsageError: The news are missing.
    """
    for path in sorted((folder / "text").glob("wikipedia-*.jsonl.gz")):
        for record in records(path):
            # An article may be very long; only its beginning is needed.
            lines = [line.strip() for line in record["text"][:8000].split("\n")][: _PARAGRAPHS + 4]
            kept = [line for line in lines if len(line) >= _SHORTEST][:_PARAGRAPHS]
            for line in kept:
                if passage := _passage(record["title"], line, line == lines[0]):
                    yield passage
    for record in records(folder / "text" / "onestopenglish.jsonl"):
        text = record["text"].replace("\ufeff", "").strip()
        text = re.sub("\ufb01 ?", "fi", re.sub("\ufb02 ?", "fl", text))  # ligatures, at times cut off
        text = re.sub(r"^(?:Elementary|Intermediate|Advanced)\s+", "", text)
        title = re.sub(r"^WNL |-(ele|int|adv)\w*$", "", record["title"]).strip()
        for at, piece in enumerate(_pieces([line.strip() for line in text.split("\n") if line.strip()])):
            if passage := _passage(title, piece, at == 0):
                yield passage


def _pieces(lines: list[str]) -> Iterator[str]:
    """Successive paragraphs joined up to about half the longest passage."""
    piece = ""
    for line in lines:
        if piece and len(piece) + len(line) > LONGEST:
            yield piece
            piece = ""
        piece = f"{piece} {line}".strip()
        if len(piece) > LONGEST // 2:
            yield piece
            piece = ""
    if piece:
        yield piece


def _passage(title: str, line: str, opening: bool) -> Passage | None:
    if not _SHORTEST <= len(line) <= LONGEST or _BROKEN.search(line) or line.count('"') % 2:
        return None
    if line.count("(") != line.count(")"):
        return None
    found = tuple(span.of(line) for span in split(line))
    whole = all(len(one) > 20 and _WHOLE.match(one) and not one.count('"') % 2 for one in found)
    return Passage(title, found, opening) if whole and FEWEST <= len(found) <= MOST else None
