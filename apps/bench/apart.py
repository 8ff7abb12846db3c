"""Measuring in a process of its own: torch's thread count is a setting of the process.

Contract: a module that measures gives its `__name__`, and run as a program hands what `serve` reads to the
function that does the work, whose plain values come back.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.metrics.latency import percentile
from homespun.errors import HomespunError

Job = Mapping[str, Any]
Times = dict[str, list[float]]


def measured(module: str, job: Job, what: str) -> dict[str, Any]:
    """Runs one job of a module in a process of its own.

    Args:
        module: the module's name.
        job: plain values.
        what: is measured, for the message.

    Raises:
        HomespunError: if the process fails.
    """
    done = subprocess.run(
        [sys.executable, "-m", module],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise HomespunError(f"measuring {what} failed: {reason}")
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def serve(work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Does the job that standard input holds, and writes what came of it: the program's side."""
    sys.stdout.write(json.dumps(work(json.load(sys.stdin))) + "\n")


def timed(ask: Callable[[Any], object], cases: Sequence[Any], repeat: int) -> Times:
    """Asks each case once to warm up, then `repeat` times, and gives milliseconds of wall and processor."""
    for case in cases:
        ask(case)
    wall, cpu = [], []
    for case in [case for _ in range(repeat) for case in cases]:
        start, start_cpu = time.perf_counter(), time.process_time()
        ask(case)
        wall.append(1e3 * (time.perf_counter() - start))
        cpu.append(1e3 * (time.process_time() - start_cpu))
    return {"wall_ms": wall, "cpu_ms": cpu}


def spread(times: Mapping[int, Times]) -> dict[str, Any]:
    """Returns median and 90th percentile by thread count, and which count has the least median."""

    def figures(clock: str, q: float) -> dict[str, float]:
        return {str(count): round(percentile(held[clock], q=q) or 0.0, 1) for count, held in times.items()}

    medians = figures("wall_ms", 50)
    best = min(medians, key=lambda count: medians[count])
    return {
        "median_ms": medians,
        "p90_ms": figures("wall_ms", 90),
        "cpu_median_ms": figures("cpu_ms", 50),
        "best_median_ms": medians[best],
        "best_threads": int(best),
    }


def by_threads(
    module: str, job: Job, threads: Sequence[int], rounds: int, what: str
) -> tuple[dict[int, Times], dict[str, Any]]:
    """Measures at each thread count by turns, `rounds` times.

    Returns:
        The times by thread count, and whatever else the last process told.
    """
    held: dict[int, Times] = {count: {"wall_ms": [], "cpu_ms": []} for count in threads}
    told: dict[str, Any] = {}
    for _ in range(rounds):
        for count in threads:
            told = measured(module, {**job, "threads": count}, f"{what} on {count} threads")
            for clock, values in held[count].items():
                values += told.pop(clock)
    return held, told
