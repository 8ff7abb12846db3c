"""The evaluation that is running, if any: started, watched and stopped from any window.

Contract: one at a time, in a thread of its own, so that a window may close and another find it again. It ends
as `done`, `stopped` or `failed`, the last with one clear line; what it was stays to be seen until the next.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from homespun.errors import Cancelled, HomespunError, UsageError

if TYPE_CHECKING:
    from apps.evaluation import Finished, Request, Step

Phase = Literal["running", "stopping", "stopped", "failed", "done"]
Execute = Callable[["Request", Callable[["Step"], object], threading.Event], "Finished"]

log = logging.getLogger(__name__)


@dataclass
class Part:
    """One suite on one system.

    Attributes:
        step: the newest that was told of it.
        began: when the first was told, by the clock.
        first: how many samples were done then; what had been kept says nothing of how long the rest takes.
        now: when the newest was told.
    """

    step: Step
    began: float
    first: int
    now: float

    @property
    def left(self) -> float | None:
        """Seconds that the rest will take, as far as one can tell."""
        done = self.step.done - self.first
        if done <= 0 or self.step.done >= self.step.total:
            return None
        return (self.now - self.began) / done * (self.step.total - self.step.done)


@dataclass
class Work:
    """One evaluation, from its start on.

    Attributes:
        request: what was asked for.
        phase: how it stands.
        parts: by their number, from 1.
        count: how many parts there are; 0 until the first sample is done.
        seconds: how long it has been running.
        run: the id of the finished run.
        note: one line on how it ended, if there is more to say.
    """

    request: Request
    phase: Phase = "running"
    parts: dict[int, Part] = field(default_factory=dict)
    count: int = 0
    run: str = ""
    note: str = ""
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None
    cancel: threading.Event = field(default_factory=threading.Event)

    @property
    def over(self) -> bool:
        """Whether it has ended, in whichever way."""
        return self.phase in ("stopped", "failed", "done")

    @property
    def seconds(self) -> float:
        """How long it has been running, or ran."""
        return (time.monotonic() if self.ended is None else self.ended) - self.began

    @property
    def answered(self) -> int:
        """How many samples were done, over all parts."""
        return sum(part.step.done for part in list(self.parts.values()))

    def tell(self, step: Step) -> None:
        """Takes note of a step."""
        now = time.monotonic()
        part = self.parts.get(step.number)
        began, first = (part.began, part.first) if part is not None else (now, step.done)
        self.parts[step.number] = Part(step, began, first, now)
        self.count = step.count


class Worker:
    """Runs one evaluation at a time; safe to use from several threads.

    Args:
        execute: carries a request out, telling its steps, until an event is set.
    """

    def __init__(self, execute: Execute) -> None:
        self._execute = execute
        self._lock = threading.Lock()
        self._work: Work | None = None
        self._thread: threading.Thread | None = None

    @property
    def work(self) -> Work | None:
        """The evaluation that is running or was the last."""
        return self._work

    def start(self, request: Request) -> Work:
        """Starts an evaluation and returns at once.

        Raises:
            UsageError: if one is running.
        """
        with self._lock:
            if self._work is not None and not self._work.over:
                raise UsageError(
                    "An evaluation is running. Wait for its end or stop it; then start this one."
                )
            work = self._work = Work(request)
            self._thread = threading.Thread(
                target=self._run, args=(work,), name="homespun-evaluation", daemon=True
            )
            self._thread.start()
        return work

    def stop(self) -> None:
        """Asks the evaluation to end after the samples that are being answered; returns at once."""
        with self._lock:
            if self._work is not None and not self._work.over:
                self._work.phase = "stopping"
                self._work.cancel.set()

    def again(self) -> Work:
        """Goes on with what was stopped or failed.

        Raises:
            UsageError: if there is nothing to go on with, or one is running.
        """
        if self._work is None:
            raise UsageError("There is no evaluation to go on with.")
        return self.start(self._work.request)

    def wait(self, seconds: float) -> bool:
        """Waits for the end; says whether nothing is running now."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._work is None or self._work.over

    def _run(self, work: Work) -> None:
        phase: Phase = "failed"
        try:
            finished = self._execute(work.request, work.tell, work.cancel)
            work.run, work.note = finished.folder.name, " ".join(finished.silent)
            phase = "done"
        except Cancelled:
            work.note = "What was answered is kept, and the same evaluation goes on from there."
            phase = "stopped"
        except HomespunError as error:
            work.note = str(error)
        except Exception as error:
            log.exception("The evaluation failed.")
            lines = str(error).strip().splitlines()
            work.note = f"{type(error).__name__}: {lines[0][:300] if lines else 'no further word.'}"
        finally:
            with self._lock:
                work.ended = time.monotonic()
                work.phase = phase
