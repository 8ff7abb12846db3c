"""A chunk: a slice of a text, with where it lies and what it's under."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Chunk:
    """The slice ``text[start:end]`` of a parsed file.

    Attributes:
        text: exactly these characters.
        start: its first character.
        end: after its last one.
        source_start: the first character of the original that it stands for.
        source_end: after the last one.
        page: the page of its first character, where there are pages.
        section: the titles of the headings above it, the outermost first, without the document's title. A
            chunk that begins a section has that section's title, though its text begins with the heading; one
            of several small sections has what they have in common.
        position: 0, 1, … in the file.
    """

    text: str
    start: int
    end: int
    source_start: int
    source_end: int
    page: int | None
    section: tuple[str, ...]
    position: int
