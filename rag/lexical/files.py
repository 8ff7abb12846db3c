"""What of an index lies in its folder, and whether it's as it was written.

Contract: `check` never changes anything. meta.json names each file with its size and SHA-256, and holds a
checksum of itself. The small files are compared by hash always, the large ones by size unless asked.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from homespun.files import sha256
from rag.errors import Corrupt

META = "meta.json"
FORMAT = 1


class CorruptIndex(Corrupt):
    """The files of an index of words are missing, damaged, or made by another version of it."""


def damaged(folder: Path, why: str) -> CorruptIndex:
    """Returns the error that says so."""
    return CorruptIndex(
        f"the index of words in {folder} can't be used ({why}): build it again from its texts"
    )


def write_meta(folder: Path, facts: dict[str, Any]) -> None:
    """Writes meta.json of the files that lie in `folder`; `facts` are kept in it."""
    files = {file.name: [file.stat().st_size, sha256(file)] for file in sorted(folder.iterdir())}
    meta = {**facts, "format": FORMAT, "files": files}
    content = json.dumps({**meta, "checksum": _checksum(meta)}, indent=1)
    (folder / META).write_text(content, encoding="utf-8")


def check(folder: Path, *, deep: bool = False) -> dict[str, Any]:
    """Returns the facts of meta.json, after comparing the files with it.

    Args:
        folder: of the index.
        deep: whether the arrays are read and hashed too.

    Raises:
        CorruptIndex: A file is missing or isn't as it was written.
    """
    try:
        meta = json.loads((folder / META).read_bytes())
        told = meta.pop("checksum")
        files = meta["files"].items()
    except FileNotFoundError as error:
        raise damaged(folder, f"there is no {META}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(folder, f"{META} can't be read") from error
    if told != _checksum(meta):
        raise damaged(folder, f"{META} was altered")
    if meta["format"] != FORMAT:
        raise damaged(folder, "it's of another version")
    for name, (size, digest) in files:
        path = folder / name
        try:
            if path.stat().st_size != size or ((deep or path.suffix == ".json") and sha256(path) != digest):
                raise damaged(folder, f"{name} isn't as it was written")
        except OSError as error:
            raise damaged(folder, f"{name}: {error.strerror or 'unreadable'}") from error
    return dict(meta)


def _checksum(meta: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(meta, sort_keys=True).encode()).hexdigest()
