"""What metrics demand of their arguments."""

from __future__ import annotations

from collections.abc import Sized


def same_length(**columns: Sized) -> None:
    """Refuse columns of different lengths.

    Raises:
        ValueError: They differ; the message names them with their lengths.
    """
    if len(set(map(len, columns.values()))) > 1:
        lengths = ", ".join(f"{len(column)} {name}" for name, column in columns.items())
        raise ValueError(f"columns must be equally long, not {lengths}")
