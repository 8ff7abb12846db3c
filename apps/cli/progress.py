"""How far an evaluation is, on standard error."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from apps.cli.bar import Bar
from finetune.progress import duration

if TYPE_CHECKING:
    from apps.evaluation import Step


class Progress:
    """Shows steps on a stream.

    Args:
        stream: by default standard error.
        clock: seconds, never going back.
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._bar, self._clock = Bar(stream, clock), clock
        self._job = 0
        self._began = (0.0, 0)

    def __call__(self, step: Step) -> None:
        """Shows where the run is, if it's time to."""
        now = self._clock()
        if step.number != self._job:
            # What had been kept came at once and says nothing of how long the rest will take.
            self._job, self._began = step.number, (now, step.done)
        self._bar.show(
            lambda: self._text(step, now), step.done / max(1, step.total), ended=step.done == step.total
        )

    def clear(self) -> None:
        """Takes the bar away."""
        self._bar.clear()

    def _text(self, step: Step, now: float) -> str:
        began, first = self._began
        parts = [f"{step.done}/{step.total}"]
        if step.failures:
            parts.append(f"{step.failures} failed")
        if step.done < step.total and step.done > first:
            parts.append(f"{duration((now - began) / (step.done - first) * (step.total - step.done))} left")
        where = f" ({step.number} of {step.count})" if step.count > 1 else ""
        return f"{step.suite} · {step.system}{where}: {', '.join(parts)}"
