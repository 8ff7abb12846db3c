from __future__ import annotations

from collections.abc import Sequence

from evals.compare import Difference, compare
from evals.gate import untested
from evals.measure import Mean, Measure
from evals.result import Report, Scored, SuiteResult, SystemResult

MEASURES = (Measure("right", Mean("right"), primary=True),)


def suite(name: str = "a", count: int = 20, *, system: str = "home", version: int = 1) -> SuiteResult:
    samples = [Scored(id=f"{n}", digest=f"{n}", group="", scores={"right": n % 2}) for n in range(count)]
    return SuiteResult(
        suite=name,
        version=version,
        about="",
        data="built-in",
        digest="",
        seed=0,
        limit=None,
        system=SystemResult(name=system, fingerprint=system, estimates=[], samples=samples),
    )


def gate(
    now: Sequence[SuiteResult],
    before: Sequence[SuiteResult],
    asked: Sequence[str] | None = None,
    **skipped: str,
) -> list[str]:
    report, baseline = Report(suites=[*now], skipped=skipped), Report(suites=[*before])
    measures = {one.suite: MEASURES for one in (*now, *before)}
    difference: Difference = compare(report, baseline, measures=measures, resamples=100)
    return untested(report, baseline, difference, asked)


def test_a_run_that_was_tested_whole_lacks_nothing() -> None:
    assert gate([suite("a"), suite("b")], [suite("a", system="older"), suite("b", system="older")]) == []
    assert gate([suite("a"), suite("new")], [suite("a")]) == []


def test_a_suite_of_the_baseline_that_is_missing_is_named_with_the_reason() -> None:
    both = [suite("a"), suite("b")]
    assert gate([suite("a")], both) == ["b of home is in the baseline and isn't in this report"]
    told = gate([suite("a")], both, b="The model has no tools.")
    assert told == ["b of home is in the baseline and wasn't run: The model has no tools."]
    assert gate([suite("a")], both, asked=["a"]) == []
    assert len(gate([suite("a")], both, asked=["a", "b"])) == 1


def test_a_system_of_several_that_is_missing_is_named() -> None:
    both = [suite(system="one"), suite(system="two")]
    assert gate(both, both) == []
    told = gate([suite(system="one")], both, **{"a (two)": "no encoder"})
    assert told == ["a of two is in the baseline and not in this report: no encoder"]


def test_a_suite_that_could_not_be_tested_is_named_beside_those_that_were() -> None:
    told = gate([suite("a"), suite("b", version=2)], [suite("a"), suite("b")])
    assert told == [
        "b wasn't tested against the baseline: not tested, for the suite's version is 2 and was 1."
    ]
    (few,) = gate([suite("a"), suite("b", count=5)], [suite("a"), suite("b")])
    assert few.startswith("b wasn't tested against the baseline: 5 samples are the same")
    assert "right: 5 groups of samples" in few


def test_too_little_data_in_the_baseline_itself_is_missed_only_if_nothing_else_was_tested() -> None:
    assert gate([suite("a"), suite("b", count=3)], [suite("a"), suite("b", count=3)]) == []
    (nothing,) = gate([suite("b", count=3)], [suite("b", count=3)])
    assert nothing.startswith("nothing was tested against the baseline")
    assert nothing.lower().count("nothing was tested") == 1
