"""A line that shows how far something is: drawn again on a terminal, now and then a new one elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

WIDTH = 24
LIVE_SECONDS, LINE_SECONDS = 0.1, 15.0


class Bar:
    """Shows lines on a stream, not more often than people can read.

    Args:
        stream: by default standard error.
        clock: seconds, never going back.
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._live = self._stream.isatty()
        self._shown = clock()
        self._drawn = 0

    def show(self, text: Callable[[], str], share: float | None, *, ended: bool = False) -> None:
        """Shows a line, if it's time to.

        Args:
            text: makes the line.
            share: how much is done, in [0, 1]; None where that isn't known.
            ended: whether it's the last one, which a terminal always shows.
        """
        now = self._clock()
        if now - self._shown < (LIVE_SECONDS if self._live else LINE_SECONDS) and not (self._live and ended):
            return
        self._shown = now
        line = text()
        if self._live:
            if share is not None:
                full = int(WIDTH * share)
                line = f"[{'#' * full}{'.' * (WIDTH - full)}] {line}"
            self._stream.write("\r" + line.ljust(self._drawn))
            self._drawn = len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()

    def clear(self) -> None:
        """Takes the line away."""
        if self._drawn:
            self._stream.write("\r" + " " * self._drawn + "\r")
            self._stream.flush()
            self._drawn = 0
