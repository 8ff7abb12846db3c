"""The gate measured on simulated systems: how often it's wrong when nothing changed, and right when all did.

The short form runs always; `-m stress` runs the same code often enough to tell 5 from 6 %. What was found is
logged: `pytest -m stress --log-cli-level=INFO` shows it.
"""

from __future__ import annotations

import logging
from math import sqrt
from statistics import NormalDist

import numpy as np
import pytest

from evals.compare import compare
from evals.measure import Mean, Measure, Ratio
from evals.result import Report, Scored, SuiteResult, SystemResult

NORMAL = NormalDist()
LOG = logging.getLogger(__name__)


def slack(share: float, runs: int) -> float:
    """How far a share may be off by chance: two and a half standard errors."""
    return 2.5 * sqrt(share * (1 - share) / runs)


MEASURES = (
    Measure("accuracy", Mean("right"), primary=True),
    Measure("bits", Ratio("nats", "bytes"), "lower", primary=True),
    Measure("f1", Mean("f1"), primary=True),
)


def report(name: str, rng: np.random.Generator, hard: np.ndarray, *, by: float, failing: float) -> Report:
    """A system on one suite: three primary measures and failures; `by` makes it worse in all of them."""
    samples = []
    for index, difficulty in enumerate(hard):
        skill = 0.7 * difficulty + 0.7 * rng.normal(size=3) - by
        scores: dict[str, float | None] = {
            "right": float(skill[0] > -0.7),
            "nats": 300.0 - 30 * skill[1],
            "bytes": 200.0,
            "f1": float(NORMAL.cdf(skill[2])),
        }
        failed = rng.random() < failing
        samples.append(
            Scored(
                id=str(index),
                digest=str(index),
                group=str(index // 2),
                scores={} if failed else scores,
                error="failed" if failed else None,
            )
        )
    system = SystemResult(name=name, fingerprint=name, estimates=[], samples=samples)
    return Report(
        suites=[
            SuiteResult(
                suite="s", version=1, about="", data="built-in", digest="", seed=0, limit=None, system=system
            )
        ]
    )


def alarms(runs: int, n: int, *, by: float, swaps: int) -> float:
    """How often the gate says that something got worse."""
    rng = np.random.default_rng(3)
    found = 0
    for seed in range(runs):
        hard = rng.normal(size=n)
        before = report("a", rng, hard, by=0.0, failing=0.05)
        after = report("b", rng, hard, by=by, failing=0.05)
        difference = compare(after, before, measures={"s": MEASURES}, resamples=swaps, seed=seed)
        assert sum(row.gated for row in difference.rows) == 4
        found += bool(difference.regressions)
    return found / runs


def check_gate(runs: int, n: int, swaps: int) -> None:
    equal, worse = alarms(runs, n, by=0.0, swaps=swaps), alarms(runs, n, by=0.5, swaps=swaps)
    LOG.info(
        f"gate n={n}: false alarms {100 * equal:.1f} %, half a standard deviation found {100 * worse:.0f} %"
    )
    assert equal <= 0.05 + slack(0.05, runs)
    assert worse >= 0.8 - slack(0.8, runs)


def test_the_gate_raises_few_false_alarms_and_finds_what_is_worse() -> None:
    check_gate(40, 60, 199)


@pytest.mark.stress
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("n", [60, 200])
def test_the_gate_holds_its_level_in_many_runs(n: int) -> None:
    check_gate(1500, n, 499)
