"""Points: a report as a flat list of named numbers, as trackers take them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evals.result import Estimate, Report


@dataclass(frozen=True)
class Point:
    """One figure.

    Attributes:
        name: ``suite/measure``, with the system between where a suite measured several.
        suite: its name.
        system: its name.
        baseline: whether it's a trivial system shown beside.
        estimate: the figure with its interval.
    """

    name: str
    suite: str
    system: str
    baseline: bool
    estimate: Estimate

    @property
    def numbers(self) -> dict[str, float]:
        """The value under its name, and the ends of the interval under ``name/low`` and ``name/high``."""
        found = {"": self.estimate.value, "/low": self.estimate.low, "/high": self.estimate.high}
        return {self.name + end: value for end, value in found.items() if value is not None}


def points(report: Report) -> Iterator[Point]:
    """Gives all figures that are defined, those of the clock included."""
    systems = Counter(result.suite for result in report.suites)

    def name(suite: str, system: str, measure: str, baseline: bool) -> str:
        between = f"{system.replace('/', '-')}/" if baseline or systems[suite] > 1 else ""
        return f"{suite}/{between}{measure}"

    def given(suite: str, system: str, baseline: bool, estimates: list[Estimate]) -> Iterator[Point]:
        for one in estimates:
            if one.value is not None:
                yield Point(name(suite, system, one.measure, baseline), suite, system, baseline, one)

    for result in report.suites:
        yield from given(result.suite, result.system.name, False, result.system.estimates)
        for other in result.baselines:
            yield from given(result.suite, other.name, True, other.estimates)
    for timed in report.timings.suites if report.timings else ():
        yield from given(timed.suite, timed.system, False, timed.estimates)


def facts(report: Report) -> dict[str, str | int | None]:
    """Returns what was run: systems, seeds, limits and versions, under flat names."""
    found: dict[str, str | int | None] = {f"version/{name}": text for name, text in report.versions.items()}
    for result in report.suites:
        found |= {
            f"{result.suite}/system": result.system.name,
            f"{result.suite}/fingerprint": result.system.fingerprint,
            f"{result.suite}/data": result.data,
            f"{result.suite}/samples": len(result.system.samples),
            f"{result.suite}/seed": result.seed,
            f"{result.suite}/limit": result.limit,
        }
    return found
