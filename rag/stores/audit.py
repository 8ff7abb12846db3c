"""Looking over every row of a store's file: what can't be found by its vector, and why."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import suppress

_READ = 1000
_ROUNDING = 1e-4


def audit(connection: sqlite3.Connection, width: int | None) -> dict[str, str]:
    """Returns the ids of rows that are wrong, and what is.

    Args:
        connection: to the file.
        width: numbers of a vector, as the file states it.

    Raises:
        sqlite3.Error: if not even the ids can be read.
    """
    found: dict[str, str] = {}
    ids = [one for (one,) in connection.execute("SELECT id FROM rows ORDER BY id")]
    for start in range(0, len(ids), _READ):
        part = ids[start : start + _READ]
        try:
            rows = _read(connection, part)
        except (sqlite3.Error, UnicodeDecodeError):
            rows = []
            for one in part:  # to know which it is
                try:
                    rows += _read(connection, [one])
                except (sqlite3.Error, UnicodeDecodeError) as error:
                    found[one] = f"can't be read ({error})"
        read = {row[0] for row in rows}
        found |= {
            one: "can't be read (the row is missing)" for one in part if one not in read and one not in found
        }
        found |= {one: why for one, *row in rows if (why := _fault(row, width)) is not None}
    return found


def _read(connection: sqlite3.Connection, ids: Sequence[str]) -> list[tuple[str, object, object, object]]:
    return list(
        connection.execute(
            "SELECT id, text, metadata, vector FROM rows WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(ids),),
        )
    )


def _fault(row: Sequence[object], width: int | None) -> str | None:
    import numpy as np

    text, metadata, blob = row
    if not isinstance(text, str):
        return "its text isn't text"
    about = None
    with suppress(ValueError, TypeError):
        about = json.loads(metadata)  # type: ignore[arg-type]  # what isn't text is what is looked for
    if not isinstance(about, dict):
        return "its metadata can't be read"
    if not isinstance(blob, bytes) or width is None or len(blob) != 4 * width:
        size = f"{len(blob) / 4:g}" if isinstance(blob, bytes) else "no"
        return f"its vector has {size} numbers instead of {width}"
    row_of = np.frombuffer(blob, dtype="<f4")
    if not np.isfinite(row_of).all():
        return "its vector isn't finite"
    if not row_of.any():
        return "its vector is zero"
    length = float(np.linalg.norm(row_of.astype(np.float64)))
    return None if abs(length - 1) < _ROUNDING else f"its vector has a length of {length:.4g} instead of 1"
