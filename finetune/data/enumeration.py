"""Things named one after another, as people write it."""

from __future__ import annotations

from collections.abc import Sequence


def joined(parts: Sequence[str], last: str = "and") -> str:
    """Parts with commas, and a word before the last: "a, b and c"; at least one part."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"
