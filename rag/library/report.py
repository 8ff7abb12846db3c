"""What came of indexing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Report:
    """What an index run did; counted as it goes.

    Attributes:
        collection: its name.
        added: names of sources that are new.
        changed: of those whose content is another than before.
        unchanged: how many are as they were.
        removed: names of those that vanished.
        skipped: for each file that couldn't be read, why: one line.
        chunks: in the collection now.
        new_chunks: that weren't in it before.
        embedded: texts that the encoder read; what it had read before costs nothing.
        seconds: that it took.
    """

    collection: str
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    removed: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    chunks: int = 0
    new_chunks: int = 0
    embedded: int = 0
    seconds: float = 0.0

    def as_dict(self) -> Mapping[str, Any]:
        """Returns plain values for JSON."""
        return {**vars(self), "seconds": round(self.seconds, 3)}


@dataclass(frozen=True)
class Progress:
    """How far an index run is.

    Attributes:
        stage: "waiting" for another process, "reading" files, "embedding" chunks or "saving".
        done: files or chunks.
        total: of as many; None while that isn't known.
        name: of the file that is read.
    """

    stage: str
    done: int = 0
    total: int | None = None
    name: str = ""
