"""What the Evals page shows of a run."""

from __future__ import annotations

from apps.pages.evals.show import summary
from evals.result import Estimate, Report, SuiteResult, SystemResult


def test_a_figure_over_some_of_the_samples_says_so() -> None:
    note = "2 of 5 samples failed and aren't counted"
    estimate = Estimate(measure="right", value=0.5, low=0.2, high=0.8, n=3, groups=3, note=note)
    system = SystemResult(name="<b>m</b>", fingerprint="f", estimates=[estimate], failures=2, samples=[])
    suite = SuiteResult(
        suite="sums", version=1, about="", data="built-in", digest="d", seed=0, limit=None, system=system
    )
    shown = summary(Report(suites=[suite]))
    assert "2 of 5 samples failed and aren't counted" in shown
    assert "<b>m</b>" not in shown
