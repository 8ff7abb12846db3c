"""What a run tells while it works: a bar on a terminal, lines elsewhere, and `metrics.jsonl` for machines."""

import json
import sys
from pathlib import Path
from typing import Any, TextIO

from homespun.files import atomic_write, no_space_is_clear


class MetricsLog:
    """`metrics.jsonl`: one JSON object a line, appended and flushed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, row: dict[str, Any]) -> None:
        """Add a row.

        Raises:
            OutOfSpace: The disk is full.
        """
        with no_space_is_clear(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def curve(self, key: str, points: int = 12, by: str = "tokens") -> list[tuple[int, float]]:
        """How a figure went: (`by`, value), at most `points` evenly spread rows, the last among them."""
        found = []
        for line in self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else ():
            row = json.loads(line)
            if key in row:
                found.append((int(row[by]), round(float(row[key]), 4)))
        if len(found) <= points:
            return found
        return [found[round(number * (len(found) - 1) / (points - 1))] for number in range(points)]

    def rewind(self, step: int, validated: bool = True) -> None:
        """Drop rows after `step`, and a last line cut off by a crash: the run continues from there.

        Args:
            step: The last one to keep.
            validated: Whether its validation is kept, if it had one.

        Raises:
            OutOfSpace: The disk is full; the file is as it was.
        """
        if not self.path.exists():
            return
        kept = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if row["step"] < step or (row["step"] == step and (validated or "valid_loss" not in row)):
                kept.append(line + "\n")
        atomic_write(self.path, "".join(kept))


def duration(seconds: float) -> str:
    """Seconds for people: 42s, 3m05s, 2h07m."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


class Reporter:
    """Progress on a text stream: a bar on a terminal, one line in `every_s` seconds elsewhere."""

    def __init__(self, stream: TextIO | None = None, every_s: float = 15.0, quiet: bool = False) -> None:
        self.stream = stream or sys.stderr
        self.every_s, self.quiet = every_s, quiet
        self.live = self.stream.isatty()
        self._last = float("-inf")
        self._drawn = 0

    def say(self, line: str) -> None:
        """One line that stays."""
        if not self.quiet:
            self._clear()
            self.stream.write(line + "\n")
            self.stream.flush()

    def warn(self, line: str) -> None:
        """One line that stays, even when quiet."""
        self._clear()
        self.stream.write(f"warning: {line}\n")
        self.stream.flush()

    def update(
        self, now: float, done: float, step: int, loss: float, speed: str, eta_s: float | None
    ) -> None:
        """Show where the run is.

        Args:
            now: Any monotonic clock, in seconds.
            done: Progress, 0..1.
            step: Steps so far.
            loss: Of the last step, nats a token.
            speed: Recently, such as "6,543 tok/s".
            eta_s: Seconds left, or None if not known yet.
        """
        if self.quiet or now - self._last < (0.5 if self.live else self.every_s):
            return
        self._last = now
        left = "?" if eta_s is None else duration(eta_s)
        text = f"{done:6.1%} step {step} loss {loss:.3f} {speed}, {left} left"
        if not self.live:
            self.stream.write(text + "\n")
        else:
            full = int(24 * done)
            text = f"[{'#' * full}{'.' * (24 - full)}] {text}"
            self.stream.write("\r" + text.ljust(self._drawn))
            self._drawn = len(text)
        self.stream.flush()

    def _clear(self) -> None:
        if self._drawn:
            self.stream.write("\r" + " " * self._drawn + "\r")
            self._drawn = 0
