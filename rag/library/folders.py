"""From names of users and collections to names of folders, and back."""

from __future__ import annotations

from homespun.errors import UsageError

LONGEST = 60
_ESCAPED = frozenset('/\\%:*?"<>|')


def check_name(name: str) -> None:
    """Refuses what nothing can be called.

    Raises:
        UsageError: it's empty or blank at an end, too long, or holds a slash or what can't be seen.
    """
    if not name or name != name.strip() or len(name) > LONGEST or "/" in name or not name.isprintable():
        raise UsageError(
            f"Nothing can be called {name[: LONGEST + 1]!r}: a name has 1 to {LONGEST} characters, no slash "
            "and no blanks at its ends."
        )


def folder_name(name: str) -> str:
    """Returns the folder's name; different names have different ones, whatever system it is.

    Raises:
        UsageError: nothing can be called so.
    """
    check_name(name)
    escaped = "".join(f"%{ord(one):02X}" if one in _ESCAPED else one for one in name)
    # Hidden folders aren't listed, and ".." is none of ours.
    return f"%2E{escaped[1:]}" if escaped.startswith(".") else escaped


def name_of(folder: str) -> str:
    """Returns the name that a folder's name stands for."""
    parts = folder.split("%")
    return parts[0] + "".join(chr(int(part[:2], 16)) + part[2:] for part in parts[1:])
