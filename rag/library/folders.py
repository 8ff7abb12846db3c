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
    """Returns the folder's name; different names have different ones where a disk tells capitals apart.

    Raises:
        UsageError: nothing can be called so.
    """
    check_name(name)
    escaped = "".join(_escape(one) if one in _ESCAPED else one for one in name)
    # Hidden folders aren't listed, ".." is none of ours, and some systems drop full stops at the end.
    if escaped.startswith("."):
        escaped = _escape(".") + escaped[1:]
    return escaped[:-1] + _escape(".") if escaped.endswith(".") else escaped


def name_of(folder: str) -> str | None:
    """Returns the name that a folder's name stands for; None where it stands for none."""
    parts = folder.split("%")
    try:
        name = parts[0] + "".join(chr(int(part[:2], 16)) + part[2:] for part in parts[1:])
        return name if folder_name(name) == folder else None
    except (ValueError, UsageError):
        return None


def _escape(one: str) -> str:
    return f"%{ord(one):02X}"
