"""Who beside its owner may search a collection: a small file in its folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from homespun.errors import UsageError
from homespun.files import atomic_write

EVERYBODY = "*"
_FILE = "readers.json"


def readers(folder: Path) -> tuple[str, ...]:
    """Returns with whom the collection in `folder` is shared: nobody, where that can't be read."""
    try:
        names = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()


def set_readers(folder: Path, names: Iterable[str]) -> None:
    """Shares it with these users and nobody else.

    Raises:
        UsageError: the names are one text.
        OSError: they can't be written.
    """
    if isinstance(names, str):
        raise UsageError(f"Names of users are needed as a list, not as the text {names!r}.")
    atomic_write(folder / _FILE, json.dumps(sorted(set(names)), ensure_ascii=False))


def may_read(folder: Path, user: str) -> bool:
    """Says whether a user who isn't the owner may search it."""
    return bool({EVERYBODY, user} & set(readers(folder)))
