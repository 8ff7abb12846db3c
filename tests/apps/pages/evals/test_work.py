"""One evaluation at a time, watched and stopped: without a model."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apps.evaluation import Finished, Request, Step
from apps.pages.evals import show
from apps.pages.evals.work import Worker
from evals.result import Report
from homespun.errors import Cancelled, UsageError

REQUEST = Request(suites=("lm", "tools"), model="m")


def step(done: int, failures: int = 0, number: int = 1) -> Step:
    return Step("lm", "folder/of/m", number, 2, done, 10, failures)


def finished(name: str = "lm-m-1") -> Finished:
    return Finished(Path(name), Report(suites=[]), [])


def held(told: threading.Event) -> Callable[..., Finished]:
    """An evaluation that does one sample and then waits until it's stopped."""

    def execute(_: Request, tell: Callable[[Step], object], cancel: threading.Event) -> Finished:
        tell(step(3))
        tell(step(4, 1))
        told.set()
        assert cancel.wait(10)
        raise Cancelled("stopped")

    return execute


def test_one_at_a_time_is_watched_stopped_and_gone_on_with() -> None:
    told = threading.Event()
    worker = Worker(held(told))
    assert show.work(worker.work) == ""
    work = worker.start(REQUEST)
    assert told.wait(10)
    with pytest.raises(UsageError, match="An evaluation is running"):
        worker.start(REQUEST)
    page = show.work(work)
    assert "4 of 10" in page
    assert "1 failed" in page
    assert "left" in page
    assert "tools" in page
    worker.stop()
    assert worker.wait(10)
    assert (work.phase, work.answered) == ("stopped", 4)
    assert "4 answers so far. What was answered is kept" in show.work(work)
    told.clear()
    again = worker.again()
    assert again.request == REQUEST
    assert told.wait(10)
    worker.stop()
    assert worker.wait(10)


def test_the_end_and_its_run_are_told() -> None:
    worker = Worker(lambda *_: finished())
    work = worker.start(REQUEST)
    assert worker.wait(10)
    assert (work.phase, work.run, work.note) == ("done", "lm-m-1", "")
    worker.stop()
    assert work.phase == "done", "what is over can't be stopped"


@pytest.mark.parametrize(
    ("error", "line"),
    [(UsageError("No such model. Do this."), "No such model. Do this."), (KeyError("x"), "KeyError: 'x'")],
)
def test_trouble_is_one_line(error: Exception, line: str) -> None:
    def execute(*_: Any) -> Finished:
        raise error

    worker = Worker(execute)
    work = worker.start(REQUEST)
    assert worker.wait(10)
    assert (work.phase, work.note) == ("failed", line)


def test_the_rest_is_estimated_from_what_was_done_now() -> None:
    worker = Worker(lambda *_: finished())
    work = worker.start(REQUEST)
    assert worker.wait(10)
    work.tell(step(6))
    assert work.parts[1].left is None, "what had been kept says nothing"
    work.tell(step(8))
    part = work.parts[1]
    part.began, part.now = 10.0, 14.0
    assert part.left == 4.0
    work.tell(step(10))
    assert work.parts[1].left is None


def test_nothing_to_go_on_with() -> None:
    with pytest.raises(UsageError, match="no evaluation to go on with"):
        Worker(lambda *_: finished()).again()
