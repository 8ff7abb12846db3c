"""What was left out or changed to see what it buys, kept in a model's config.json for its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from homespun.files import atomic_write
from models.folders import CONFIG, config_text
from models.store import read_config

KEY = "ablations"


def note(
    folder: Path, what: str, columns: Sequence[str], rows: Sequence[Sequence[str | int | float]]
) -> None:
    """Keep a table; one of the same heading is replaced.

    Args:
        folder: Of the model.
        what: What was compared, on what, in a line.
        columns: Heads of the table, the first one that of the arms.
        rows: An arm and its figures.

    Raises:
        CorruptWeights: The configuration can't be read.
        OutOfSpace: The disk is full; nothing was changed.
    """
    config = read_config(folder)
    training = config.setdefault("training", {})
    kept = [table for table in training.get(KEY, ()) if table["what"] != what]
    training[KEY] = [*kept, {"what": what, "columns": list(columns), "rows": [list(row) for row in rows]}]
    atomic_write(folder / CONFIG, config_text(config))


def shown(training: Mapping[str, Any]) -> list[str]:
    """The section of a card; nothing where there are no tables."""
    tables = training.get(KEY) or ()
    if not tables:
        return []
    parts = ["## Ablations"]
    for table in tables:
        head = "| " + " | ".join(table["columns"]) + " |\n|" + "---|" * len(table["columns"])
        lines = "".join("\n| " + " | ".join(map(_cell, row)) + " |" for row in table["rows"])
        parts.append(f"{table['what']}:\n\n{head}{lines}")
    return ["\n\n".join(parts)]


def _cell(value: str | int | float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}" if isinstance(value, float) else value
