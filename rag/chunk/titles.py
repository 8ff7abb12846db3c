"""The title path: what is embedded before a chunk's text, so that it's found by what it's under."""

from __future__ import annotations

from collections.abc import Sequence

from rag.chunk.tokens import RESERVE, Ruler, Tokens

BETWEEN = " > "


def title_path(title: str, section: Sequence[str], tokens: Tokens, limit: int = RESERVE) -> str:
    """Returns the document's title and its section's on one line, in at most `limit` tokens.

    Of what's too long the headings in between go first, the outermost before the others, then the document's
    title, then the end of the last heading.
    """
    parts = [part for part in (" ".join(part.split()) for part in (title, *section)) if part]
    while len(parts) > 1 and len(tokens(BETWEEN.join(parts))) > limit:
        parts.pop(1 if len(parts) > 2 else 0)
    path = BETWEEN.join(parts)
    end = Ruler(tokens(path)).reach(0, limit)
    if end is None:
        return path
    space = path.rfind(" ", 0, end)
    return path[: space if space > 0 else end].rstrip()
