"""Ending an answer early: out of time, or nobody wants it any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class EndedError(Exception):
    """No more passes: the argument says why, "deadline" or "cancelled"."""


def watch(cancel: threading.Event, timeout: float | None) -> Callable[[], None]:
    """What is to be called between passes through a net; the clock starts now.

    Args:
        cancel: Ends the answer when set.
        timeout: Seconds; None waits for ever.

    Returns:
        A function that raises `EndedError` where the answer has to end.
    """
    until = None if timeout is None else time.monotonic() + timeout

    def between() -> None:
        if cancel.is_set():
            raise EndedError("cancelled")
        if until is not None and time.monotonic() >= until:
            raise EndedError("deadline")

    return between
