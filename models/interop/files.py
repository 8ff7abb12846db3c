"""Reading the small files of a checkpoint, with errors that name them. Imports nothing heavy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from homespun.errors import CorruptWeights


def read_text(path: Path) -> str:
    """Returns a file's text.

    Raises:
        CorruptWeights: It isn't there, or isn't text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CorruptWeights(f"{path} cannot be read: copy the folder again") from error


def read_json(path: Path) -> dict[str, Any]:
    """Returns the object in a JSON file; an empty one where it's something else, or where there's no file.

    Raises:
        CorruptWeights: It can't be read or isn't JSON.
    """
    if not path.exists():
        return {}
    try:
        found = json.loads(read_text(path))
    except ValueError as error:
        raise CorruptWeights(f"{path} is not valid JSON: copy the folder again") from error
    return found if isinstance(found, dict) else {}
