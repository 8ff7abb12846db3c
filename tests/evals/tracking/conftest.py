from __future__ import annotations

from pathlib import Path

import pytest

from evals.result import Estimate, Report, Scored, SuiteResult, SuiteTimings, SystemResult, Timings


def estimate(
    measure: str, value: float | None, low: float | None = None, high: float | None = None
) -> Estimate:
    return Estimate(measure=measure, value=value, low=low, high=high, n=40, groups=40)


@pytest.fixture
def report() -> Report:
    samples = [Scored(id="secret question", digest="d", group="", scores={"right": 1.0})]
    ours = SystemResult(
        name="home",
        fingerprint="f",
        estimates=[estimate("right", 0.95, 0.835, 0.986), estimate("never", None)],
        samples=samples,
    )
    trivial = SystemResult(
        name="always yes", fingerprint="y", estimates=[estimate("right", 0.5)], samples=samples
    )
    suite = SuiteResult(
        suite="echo",
        version=1,
        about="",
        data="built-in",
        digest="d",
        seed=3,
        limit=None,
        system=ours,
        baselines=[trivial],
    )
    timed = SuiteTimings(suite="echo", system="home", wall_s=1.0, estimates=[estimate("seconds", 0.1)])
    return Report(
        versions={"homespun": "0.1.0"},
        suites=[suite],
        timings=Timings(started="2026-01-01T00:00:00+00:00", wall_s=1.0, suites=[timed]),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    where = tmp_path / "evals" / "echo-home-0123abcd"
    where.mkdir(parents=True)
    return where
