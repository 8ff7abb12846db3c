from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from evals.compare import Difference, Row, compare
from evals.measure import Mean, Measure, Ratio
from evals.result import (
    Estimate,
    JudgeVerdict,
    Report,
    Scored,
    SuiteResult,
    SuiteTimings,
    SystemResult,
    Timings,
)

MEASURES = {
    "s": (
        Measure("right", Mean("right"), primary=True),
        Measure("bits", Mean("bits"), "lower", unit="bits", primary=True),
        Measure("words", Mean("words"), "neither"),
        Measure("seconds", Mean("timing.s"), "lower", unit="s", primary=True, timing=True),
    )
}
Scores = Mapping[str, float] | str
"""Columns, or the error of a sample that failed."""


def run(
    scores: Sequence[Scores], *, system: str = "home", version: int = 1, judge: JudgeVerdict | None = None,
    digests: str = "", seconds: float | None = None, first: int = 0,
) -> Report:  # fmt: skip
    samples = [
        Scored(
            id=f"q{first + index:02}",
            digest=f"{digests}{first + index}",
            group="",
            scores={} if isinstance(one, str) else dict(one),
            error=one if isinstance(one, str) else None,
        )
        for index, one in enumerate(scores)
    ]
    suite = SuiteResult(
        suite="s",
        version=version,
        about="",
        data="built-in",
        digest="",
        seed=0,
        limit=None,
        judge=judge,
        system=SystemResult(name=system, fingerprint=system, estimates=[], samples=samples),
    )
    timings = None
    if seconds is not None:
        found = Estimate(measure="seconds", value=seconds, n=9, groups=9, better="lower", unit="s")
        timed = SuiteTimings(suite="s", system=system, wall_s=1, estimates=[found])
        timings = Timings(started="", wall_s=1, suites=[timed])
    return Report(suites=[suite], timings=timings)


def scores(right: Sequence[int], bits: float = 1.0) -> list[Scores]:
    return [{"right": one, "bits": bits + index / 100, "words": 5.0} for index, one in enumerate(right)]


def against(now: Report, baseline: Report) -> tuple[Difference, dict[str, Row]]:
    difference = compare(now, baseline, measures=MEASURES)
    return difference, {row.measure: row for row in difference.rows}


def test_an_equal_run_has_no_regression() -> None:
    difference, rows = against(run(scores([1, 0] * 20)), run(scores([1, 0] * 20), system="other"))
    assert list(rows) == ["right", "bits", "failure_rate", "words"]
    assert [row.gated for row in rows.values()] == [True, True, True, False]
    assert {row.verdict for row in difference.rows[:3]} == {"no difference found"}
    assert (difference.regressions, difference.improvements, difference.notes) == ([], [], [])
    assert rows["right"].baseline == rows["right"].now == 0.5
    assert (rows["right"].n, rows["right"].ties) == (40, 40)


def test_a_fall_is_a_regression_and_says_on_which_samples() -> None:
    difference, rows = against(run(scores([0] * 12 + [1] * 28)), run(scores([1] * 39 + [0])))
    assert [row.measure for row in difference.regressions] == ["right"]
    row = rows["right"]
    assert (row.wins, row.losses) == (["q39"], [f"q{index:02}" for index in range(12)])
    assert row.difference == pytest.approx(-11 / 40)
    assert row.adjusted == row.p_worse  # of three gated rows only this one differs
    assert row.high is not None
    assert row.high < 0
    assert str(row) == "s right 0.975 → 0.7"


def test_figures_that_could_not_have_changed_cost_no_power() -> None:
    names = [f"tied{number}" for number in range(30)]
    measures = {"s": (*MEASURES["s"], *(Measure(name, Mean(name), primary=True) for name in names))}
    before: list[Scores] = [{"right": 1, "bits": 1.0, **dict.fromkeys(names, 0.5)} for _ in range(30)]
    after: list[Scores] = [{**before[0], "right": float(place > 6)} for place in range(30)]  # type: ignore[dict-item]
    difference = compare(run(after), run(before), measures=measures)
    rows = {row.measure: row for row in difference.rows}
    assert [row.measure for row in difference.regressions] == ["right"]
    assert rows["right"].adjusted == rows["right"].p_worse  # of 33 rows only this one differs
    assert {rows[name].adjusted for name in names} == {1.0}
    assert all(rows[name].gated for name in names)


def test_what_is_better_is_told_in_the_measures_own_direction() -> None:
    difference, _ = against(run(scores([1] * 30, bits=0.5)), run(scores([1] * 30, bits=1.0)))
    assert [str(row) for row in difference.improvements] == ["s bits 1.145 → 0.645 bits"]
    assert difference.regressions == []
    (bits,) = difference.improvements
    assert bits.p is not None
    assert bits.adjusted == 1.0  # it isn't worse
    assert bits.adjusted_two_sided == bits.p  # and nothing else changed
    worse, _ = against(run(scores([1] * 30, bits=1.0)), run(scores([1] * 30, bits=0.5)))
    assert [row.measure for row in worse.regressions] == ["bits"]


def test_failing_on_hard_samples_looks_no_better() -> None:
    before = run(scores([0] * 10 + [1] * 30))
    after = run(["gone"] * 10 + scores([1] * 30))  # type: ignore[operator, list-item]
    difference, rows = against(after, before)
    assert (rows["right"].n, rows["right"].baseline, rows["right"].now) == (30, 1.0, 1.0)
    assert [row.measure for row in difference.regressions] == ["failure_rate"]
    assert (rows["failure_rate"].now, rows["failure_rate"].n) == (0.25, 40)
    assert "10 samples that the baseline answered failed now" in difference.notes[0]


def test_only_samples_in_both_are_compared() -> None:
    difference, rows = against(run(scores([1] * 30), first=10), run(scores([1] * 30)))
    assert rows["right"].n == 20
    assert difference.notes == [
        "s: 20 samples are the same in both reports; 10 of this one and 10 of the baseline are left out."
    ]
    none, rows = against(run(scores([1] * 30), digests="changed "), run(scores([1] * 30)))
    assert rows["right"].note == "no sample in both reports has it"
    assert rows["right"].verdict == "too few to judge"
    assert none.notes[-1] == "Nothing was tested: a regression can't be found here."


def test_a_ratio_counts_the_samples_that_add_to_it_in_either_run() -> None:
    measures = {"s": (Measure("precision", Ratio("right", "said"), primary=True),)}
    silent = {"right": 0.0, "said": 0.0}
    said = {"right": 1.0, "said": 1.0}
    now = run([said] * 8 + [silent] * 12)
    before = run([silent] * 4 + [said] * 8 + [silent] * 8)
    row = compare(now, before, measures=measures).rows[0]
    assert (row.measure, row.n, row.groups, row.now, row.baseline) == ("precision", 12, 12, 1.0, 1.0)
    few = compare(run([said] * 5 + [silent] * 15), run([said] * 5 + [silent] * 15), measures=measures)
    assert next(r for r in few.rows if r.measure == "precision").note.startswith("5 groups of samples")


def test_too_few_groups_are_not_judged() -> None:
    difference, rows = against(run(scores([0] * 5)), run(scores([1] * 5)))
    assert difference.regressions == []
    assert (rows["right"].verdict, rows["right"].gated) == ("too few to judge", False)
    assert rows["right"].note == "5 groups of samples, and a test needs 6"
    _, rows = against(run(scores([0])), run(scores([1])))
    assert rows["right"].note == "1 group of samples, and a test needs 6"


JUDGE = JudgeVerdict(
    judge="lexical", fingerprint="1", data="d", n=9, auroc=0.8, auroc_low=0.7, auroc_high=0.9,
    balanced_accuracy=0.7, threshold=0.5, text="",
)  # fmt: skip


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (run(scores([0] * 30), version=2), "s: not tested, for the suite's version is 2 and was 1."),
        (run(scores([0] * 30), judge=JUDGE), "s: not tested, for the judge is lexical and was none."),
    ],
)
def test_another_question_is_not_tested(now: Report, why: str) -> None:
    difference, rows = against(now, run(scores([1] * 30)))
    assert why in difference.notes
    assert difference.regressions == []
    assert (rows["right"].difference, rows["right"].p, rows["right"].verdict) == (-1.0, None, "shown only")


def test_a_judge_of_other_weights_is_another_judge() -> None:
    other = JUDGE.model_copy(update={"fingerprint": "2"})
    difference, _ = against(run(scores([0] * 30), judge=JUDGE), run(scores([1] * 30), judge=other))
    assert "s: not tested, for the judge is lexical, another one and was lexical." in difference.notes
    same, _ = against(run(scores([0] * 30), judge=JUDGE), run(scores([1] * 30), judge=JUDGE))
    assert [row.measure for row in same.regressions] == ["right"]


def test_time_is_shown_and_not_tested() -> None:
    _, rows = against(run(scores([1] * 30), seconds=9.0), run(scores([1] * 30), seconds=1.0))
    assert (rows["seconds"].baseline, rows["seconds"].now, rows["seconds"].gated) == (1.0, 9.0, False)
    assert rows["seconds"].note == "timed, not tested"


def test_systems_are_matched_by_name_where_there_are_several() -> None:
    one, other = run(scores([1] * 30), system="a"), run(scores([0] * 30), system="b")
    both = one.model_copy(update={"suites": [*one.suites, *other.suites]})
    swapped = one.model_copy(update={"suites": [*other.suites, *one.suites]})
    assert compare(both, swapped, measures=MEASURES).regressions == []
    lone = compare(both, other, measures=MEASURES)
    assert lone.notes == ["s of a: not in the baseline."]
    assert compare(other, both, measures=MEASURES).notes == ["s of a: only in the baseline."]


def test_suites_that_only_one_report_has_are_named_on_one_line() -> None:
    one = run(scores([1] * 30)).suites[0]
    named = {name: one.model_copy(update={"suite": name}) for name in ("tools", "judge", "lm")}
    judges = [
        named["judge"].model_copy(update={"system": one.system.model_copy(update={"name": name})})
        for name in ("lexical", "length")
    ]
    wide = Report(suites=[named["tools"], one, *judges, named["lm"]])
    narrow = Report(suites=[one])
    assert compare(narrow, wide, measures=MEASURES).notes == [
        "left out: tools, judge, lm (only in the baseline)."
    ]
    assert compare(wide, narrow, measures=MEASURES).notes == [
        "left out: tools, judge, lm (not in the baseline)."
    ]


def test_a_suite_that_isn_t_known_is_noted() -> None:
    difference = compare(run(scores([1] * 9)), run(scores([1] * 9)))
    assert difference.rows == []
    assert difference.notes[0] == "s: not compared, for there is no such suite here."


def test_suites_of_the_table_bring_their_measures() -> None:
    one = run([{"nats": 100.0 + index, "bytes": 100.0, "tokens": 30.0, "right": 9.0} for index in range(20)])
    lm = one.model_copy(update={"suites": [one.suites[0].model_copy(update={"suite": "lm"})]})
    assert "bits_per_byte" in {row.measure for row in compare(lm, lm).rows}


def test_the_gates_false_alarms_are_counted_over_all_suites() -> None:
    rng = np.random.default_rng(0)
    before, after = (
        Report(
            suites=[
                run(scores((rng.random(30) < share).astype(int).tolist()))
                .suites[0]
                .model_copy(update={"suite": name})
                for name in "abc"
            ]
        )
        for share in (0.7, 0.4)
    )
    difference = compare(after, before, measures=dict.fromkeys("abc", MEASURES["s"]))
    gated = [row for row in difference.rows if row.gated]
    assert len(gated) == 9
    smallest = min(gated, key=lambda row: row.p_worse or 1.0)
    assert smallest.p_worse is not None
    assert smallest.p_worse < 0.1
    assert smallest.adjusted == pytest.approx(3 * smallest.p_worse)  # "right" of each suite could differ
    assert Difference.model_validate_json(difference.model_dump_json()) == difference
