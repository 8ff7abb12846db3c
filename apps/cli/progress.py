"""How far an evaluation is: a bar on a terminal, now and then a line elsewhere, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from finetune.progress import duration

if TYPE_CHECKING:
    from apps.evaluation import Step

WIDTH = 24
LIVE_SECONDS, LINE_SECONDS = 0.1, 15.0


class Progress:
    """Shows steps on a stream.

    Args:
        stream: by default standard error.
        clock: seconds, never going back.
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._live = self._stream.isatty()
        self._shown = clock()
        self._job = 0
        self._began = (0.0, 0)
        self._drawn = 0

    def __call__(self, step: Step) -> None:
        """Shows where the run is, if it's time to."""
        now = self._clock()
        if step.number != self._job:
            # What had been kept came at once and says nothing of how long the rest will take.
            self._job, self._began = step.number, (now, step.done)
        ended = step.done == step.total
        if now - self._shown < (LIVE_SECONDS if self._live else LINE_SECONDS) and not (self._live and ended):
            return
        self._shown = now
        text = self._text(step, now)
        if self._live:
            full = WIDTH * step.done // max(1, step.total)
            text = f"[{'#' * full}{'.' * (WIDTH - full)}] {text}"
            self._stream.write("\r" + text.ljust(self._drawn))
            self._drawn = len(text)
        else:
            self._stream.write(text + "\n")
        self._stream.flush()

    def clear(self) -> None:
        """Takes the bar away."""
        if self._drawn:
            self._stream.write("\r" + " " * self._drawn + "\r")
            self._stream.flush()
            self._drawn = 0

    def _text(self, step: Step, now: float) -> str:
        began, first = self._began
        parts = [f"{step.done}/{step.total}"]
        if step.failures:
            parts.append(f"{step.failures} failed")
        if step.done < step.total and step.done > first:
            parts.append(f"{duration((now - began) / (step.done - first) * (step.total - step.done))} left")
        where = f" ({step.number} of {step.count})" if step.count > 1 else ""
        return f"{step.suite} · {step.system}{where}: {', '.join(parts)}"
