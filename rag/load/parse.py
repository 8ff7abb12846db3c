"""From bytes to text: one file."""

from __future__ import annotations

from rag.load import LOADERS
from rag.load.kinds import kind_of
from rag.parsed import Parsed, Unreadable


def parse(name: str, data: bytes) -> Parsed:
    """Returns the text of a file and its structure.

    Args:
        name: of the file; its suffix counts where the content doesn't tell.
        data: its content.

    Raises:
        Unreadable: it can't be read; nothing else is raised, but what isn't about the file (no memory, an
            interruption).
    """
    kind = kind_of(name, data)
    try:
        parsed = LOADERS[kind](name, data)
    except (Unreadable, MemoryError):
        raise
    except RecursionError as error:
        raise Unreadable("is nested too deeply") from error
    except Exception as error:
        # Libraries raise anything on damaged files.
        raise Unreadable(f"can't be read: {_short(error)}") from error
    if not parsed.blocks:
        raise Unreadable("holds no text")
    return parsed


def _short(error: Exception) -> str:
    words = " ".join(str(error).split())
    return f"it's damaged ({words[:80]})" if words else f"it's damaged ({type(error).__name__})"
