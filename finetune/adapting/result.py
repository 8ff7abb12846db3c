"""What a stage of tuning an adapter on the encoder gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class AdaptResult:
    """What a finished stage gives."""

    folder: Path
    steps: int
    examples: int
    hours: float
    valid_loss: float

    def figures(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "steps": self.steps,
            "examples": self.examples,
            "hours": round(self.hours, 4),
            "valid_loss": self.valid_loss,
        }
