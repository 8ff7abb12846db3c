"""Getting the answers to a list of samples: from the kept ones, or from the system, several at once.

Contract: the result has one entry a sample, in the samples' order, whatever came first. An answer is kept
before it's counted, so whoever kills the process loses only what was being thought. A sample's error is a
line of text; the next run asks it again.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

from evals.log import Answers, from_plain, to_plain
from evals.sample import Output, Sample, seed_of
from evals.suite import Suite, System
from homespun.errors import Cancelled, OutOfSpace

S = TypeVar("S")
Progress = Callable[[int, int, int], object]
"""Called with done, total, failures."""

# How long it takes at most to notice that somebody wants to stop.
LOOK_SECONDS = 0.1
LONGEST = 500


@dataclass(frozen=True)
class Reply:
    """What became of a sample.

    Attributes:
        output: the answer, or None.
        error: why there is none, on one line.
        asked: whether the system was asked in this run.
    """

    output: Output | None
    error: str | None = None
    asked: bool = True


def line(error: BaseException) -> str:
    """Returns an error as one line: its type and what it says, without what differs from run to run."""
    text = " ".join(str(error).encode("utf-8", "replace").decode().split())
    text = re.sub(r"\b0x[0-9a-fA-F]{6,}", "0x…", text)
    whole = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return whole if len(whole) <= LONGEST else whole[: LONGEST - 1] + "…"


def collect(
    suite: Suite[S],
    system: System[S],
    samples: Sequence[Sample],
    *,
    seed: int,
    answers: Answers | None = None,
    workers: int = 1,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> list[Reply]:
    """Returns the reply to each sample.

    Args:
        suite: asks.
        system: is asked.
        samples: what.
        seed: the run's.
        answers: those that are kept, and where new ones go.
        workers: how many batches are asked at once.
        progress: called after every batch.
        cancel: when set, no further sample is asked.

    Raises:
        Cancelled: if `cancel` was set before all was done.
        OutOfSpace: if an answer can't be kept.
    """
    replies: dict[int, Reply] = {}
    for place, sample in enumerate(samples):
        if answers is not None and (held := answers.get(sample.digest)) is not None:
            replies[place] = Reply(held, asked=False)
    missing = [place for place in range(len(samples)) if place not in replies]
    size = suite.batch if system.batch is None else min(suite.batch, system.batch)
    batches = [missing[at : at + size] for at in range(0, len(missing), size)]

    def tell() -> None:
        if progress is not None:
            progress(len(replies), len(samples), sum(reply.error is not None for reply in replies.values()))

    def ask(batch: Sequence[int]) -> dict[int, Reply]:
        asked = [samples[place] for place in batch]
        found = _ask(suite, system, asked, [seed_of(seed, sample) for sample in asked])
        return {
            place: _keep(sample, output, answers)
            for place, sample, output in zip(batch, asked, found, strict=True)
        }

    tell()
    for found in _each(ask, batches, workers, cancel):
        replies.update(found)
        tell()
    if len(replies) < len(samples):
        raise Cancelled(
            f"stopped after {len(replies)} of {len(samples)} samples of {suite.name}; "
            "what was answered is kept"
        )
    return [replies[place] for place in range(len(samples))]


def _each(
    ask: Callable[[Sequence[int]], dict[int, Reply]],
    batches: Sequence[Sequence[int]],
    workers: int,
    cancel: threading.Event | None,
) -> Iterator[dict[int, Reply]]:
    """Gives replies as they come, and ends early when `cancel` is set."""
    stop = cancel if cancel is not None else threading.Event()
    if workers <= 1 or len(batches) <= 1:
        for batch in batches:
            if stop.is_set():
                return
            yield ask(batch)
        return
    pool = ThreadPoolExecutor(max_workers=min(workers, len(batches)), thread_name_prefix="sample")
    pending: set[Future[dict[int, Reply]]] = set()
    try:
        pending = {pool.submit(ask, batch) for batch in batches}
        while pending and not stop.is_set():
            done, pending = wait(pending, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:
        # Nobody waits for a sample that's being answered; if the process lives on, it's kept all the same.
        pool.shutdown(wait=not pending, cancel_futures=True)


def _ask(
    suite: Suite[S], system: System[S], samples: Sequence[Sample], seeds: Sequence[int]
) -> Sequence[Output | Exception]:
    try:
        found: Sequence[Any] = suite.answers(system.call, samples, seeds)
    except Exception as error:
        found = [error] * len(samples)
    if len(found) != len(samples):
        found = [ValueError(f"{len(found)} answers were given to {len(samples)} samples")] * len(samples)
    return found


def _keep(sample: Sample, found: Output | Exception, answers: Answers | None) -> Reply:
    if isinstance(found, Exception):
        return Reply(None, line(found))
    try:
        return Reply(
            answers.put(sample.digest, found) if answers is not None else from_plain(to_plain(found))
        )
    except OutOfSpace:
        raise
    except (TypeError, ValueError) as error:
        return Reply(None, f"the answer can't be kept: {line(error)}")
