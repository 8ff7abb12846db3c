"""Comparison of two reports: what got worse, what got better, and what can't be told.

Contract: suites are matched by name, samples by id and equal digest; a sample that only one report has isn't
compared, and a note says how many those are.

- **The gate.** Each primary measure that rests on no clock, and each suite's failure rate, is tested against
  "not worse than the baseline" by a paired permutation test over groups, Holm-corrected over all of them
  that could come out in more than one way: if nothing changed, the chance of any false alarm is at most α.
  The rest is shown, with p-values adjusted for the share of false alarms (Benjamini-Hochberg), and fails
  nothing.
- **Failures.** A measure is compared on the samples that both runs answered: a system that now fails on hard
  samples loses them on both sides and looks no better for it. That it fails is the failure rate's matter,
  which counts every shared sample.
- **Too few.** With fewer than `LEAST_GROUPS` groups of samples no test could tell, and the row says so.
- **Another question.** Suites of another version, or figures of another judge, aren't tested: a difference
  needn't be the system's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from evals.estimates import FAILED, repeatable
from evals.result import Report, Scored, SuiteResult
from evals.stats.power import LEAST_GROUPS

if TYPE_CHECKING:
    from evals.measure import Array, Measure

Measures = Mapping[str, "Sequence[Measure]"]


class Row(BaseModel):
    """One measure of one suite, now and in the baseline, on the samples they share."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    suite: str
    measure: str
    better: Literal["higher", "lower", "neither"]
    unit: str = ""
    gated: bool
    """Whether it's primary and was tested: a fall of it is a regression."""
    baseline: float | None = None
    now: float | None = None
    difference: float | None = None
    low: float | None = None
    """Lower end of the difference's 95 % confidence interval."""
    high: float | None = None
    p: float | None = None
    """Two-sided."""
    p_worse: float | None = None
    """One-sided, against "not worse"."""
    adjusted: float | None = None
    """For the number of tests: of p_worse by Holm where gated, else of p by Benjamini-Hochberg."""
    adjusted_two_sided: float | None = None
    """Of p by Holm, where gated: what "better" rests on."""
    effect: float | None = None
    """The difference in standard deviations of what one group contributes to it (Cohen's d_z)."""
    wins: list[str] = Field(default_factory=list)
    """Ids of the samples on which it's better now."""
    losses: list[str] = Field(default_factory=list)
    ties: int | None = None
    """None where samples have no figure of their own."""
    n: int = 0
    groups: int = 0
    verdict: Literal["worse", "better", "no difference found", "too few to judge", "shown only"]
    note: str = ""

    def __str__(self) -> str:
        numbers = [f"{value:.4g}" if value is not None else "none" for value in (self.baseline, self.now)]
        return f"{self.suite} {self.measure} {' → '.join(numbers)}{' ' * bool(self.unit)}{self.unit}"


class Difference(BaseModel):
    """What changed between two reports."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    alpha: float
    rows: list[Row]
    """Gated rows of all suites first, in the reports' order."""
    notes: list[str] = Field(default_factory=list)
    """What wasn't compared, and why."""

    @property
    def regressions(self) -> list[Row]:
        """The gated rows that are significantly worse; any of them fails the gate."""
        return [row for row in self.rows if row.verdict == "worse"]

    @property
    def improvements(self) -> list[Row]:
        """The gated rows that are significantly better."""
        return [row for row in self.rows if row.verdict == "better"]


def compare(
    now: Report,
    baseline: Report,
    *,
    alpha: float = 0.05,
    measures: Measures | None = None,
    resamples: int | None = None,
    seed: int = 0,
) -> Difference:
    """Compares a report with an earlier one.

    Args:
        now: the report to be judged.
        baseline: the earlier one; its systems may have other names.
        alpha: highest chance of a false alarm of the whole gate.
        measures: suite → its measures; by default those of the suites in `evals.suites`.
        resamples: swaps tried in each test; by default as many as `evals.stats.pairs` takes.
        seed: of the permutations; the same seed gives the same answer.
    """
    rows: list[Row] = []
    notes: list[str] = []
    for after, before in _matched(now, baseline, notes):
        known = _measures(after.suite, measures)
        if known is None:
            notes.append(f"{after.suite}: not compared, for there is no such suite here.")
            continue
        rows += _suite(after, before, known, notes, _Draws(resamples, seed))
    rows += _timings(now, baseline)
    if not any(row.gated for row in rows):
        notes.append("Nothing was tested: a regression can't be found here.")
    rows.sort(key=lambda row: not row.gated)
    return Difference(alpha=alpha, rows=_judged(rows, alpha), notes=notes)


def _matched(now: Report, baseline: Report, notes: list[str]) -> list[tuple[SuiteResult, SuiteResult]]:
    """Pairs suites by name; where a report has several systems on one suite, by the system's name too."""
    pairs = []
    here, there = ([result.suite for result in report.suites] for report in (now, baseline))
    for one, other, where in ((there, here, "only in"), (here, there, "not in")):
        if left := [suite for suite in dict.fromkeys(one) if suite not in other]:
            notes.append(f"left out: {', '.join(left)} ({where} the baseline).")
    for suite in dict.fromkeys(here):
        if suite not in there:
            continue
        after = [result for result in now.suites if result.suite == suite]
        before = [result for result in baseline.suites if result.suite == suite]
        if len(after) == len(before) == 1:
            pairs.append((after[0], before[0]))
            continue
        for result in after:
            same = [other for other in before if other.system.name == result.system.name]
            if same:
                pairs.append((result, same[0]))
            else:
                notes.append(f"{suite} of {result.system.name}: not in the baseline.")
        names = {result.system.name for result in after}
        notes += [
            f"{suite} of {result.system.name}: only in the baseline."
            for result in before
            if result.system.name not in names
        ]
    return pairs


def _measures(suite: str, measures: Measures | None) -> Sequence[Measure] | None:
    if measures is not None:
        return measures.get(suite)
    from evals.suites import SUITES

    return SUITES[suite].measures if suite in SUITES else None


@dataclass(frozen=True)
class _Draws:
    """How tests draw: how many swaps (None for the usual number), and the seed."""

    resamples: int | None
    seed: int


@dataclass(frozen=True)
class _Pair:
    """One sample in both reports."""

    now: Scored
    baseline: Scored

    @property
    def cluster(self) -> str:
        return self.now.group or self.now.id


def _suite(
    after: SuiteResult, before: SuiteResult, measures: Sequence[Measure], notes: list[str], draws: _Draws
) -> list[Row]:
    name = after.suite
    earlier = {sample.id: sample for sample in before.system.samples}
    pairs = [
        _Pair(sample, earlier[sample.id])
        for sample in after.system.samples
        if sample.id in earlier and earlier[sample.id].digest == sample.digest
    ]
    left = len(after.system.samples) - len(pairs), len(before.system.samples) - len(pairs)
    if any(left):
        notes.append(
            f"{name}: {len(pairs)} samples are the same in both reports; "
            f"{left[0]} of this one and {left[1]} of the baseline are left out."
        )
    same = True
    if after.version != before.version:
        same = False
        notes.append(
            f"{name}: not tested, for the suite's version is {after.version} and was {before.version}."
        )
    judges = [result.judge and (result.judge.judge, result.judge.fingerprint) for result in (after, before)]
    if judges[0] != judges[1]:
        same = False
        told = [result.judge.judge if result.judge else "none" for result in (after, before)]
        told[0] += ", another one" if told[0] == told[1] else ""
        notes.append(f"{name}: not tested, for the judge is {told[0]} and was {told[1]}.")
    failing = sum(pair.now.error is not None and pair.baseline.error is None for pair in pairs)
    if failing:
        notes.append(
            f"{name}: {failing} samples that the baseline answered failed now; "
            "they count in failure_rate and in no other measure."
        )
    return [_row(name, measure, pairs, tested=same, draws=draws) for measure in repeatable(measures)]


def _row(suite: str, measure: Measure, pairs: Sequence[_Pair], *, tested: bool, draws: _Draws) -> Row:
    import numpy as np

    from evals.measure import counted as counting
    from evals.stats import pairs as tests
    from evals.stats.intervals import tidy

    needs = measure.statistic.needs
    counted = [(pair, _values(pair.baseline, needs), _values(pair.now, needs)) for pair in pairs]
    counted = [(pair, a, b) for pair, a, b in counted if None not in a and None not in b]

    def columns(values: Sequence[Sequence[float | None]]) -> dict[str, Array]:
        table = np.asarray(values, dtype=np.float64).reshape(len(values), len(needs))
        return {name: np.ascontiguousarray(table[:, place]) for place, name in enumerate(needs)}

    a, b = columns([row[1] for row in counted]), columns([row[2] for row in counted])
    mask = counting(measure.statistic, a) | counting(measure.statistic, b)
    a, b = ({name: values[mask] for name, values in side.items()} for side in (a, b))
    counted = [row for row, counts in zip(counted, mask, strict=True) if counts]
    clusters = [pair.cluster for pair, _, _ in counted]
    found = tests.compare(
        measure.statistic,
        a,
        b,
        clusters,
        better=measure.better,
        bounds=measure.range,
        resamples=draws.resamples,
        seed=draws.seed,
    )
    gains = tests.gains(measure.statistic, a, b, better=measure.better)
    ids = [pair.now.id for pair, _, _ in counted]
    gated = tested and measure.primary and measure.better != "neither"
    enough = found.difference is not None and found.groups >= LEAST_GROUPS
    note = ""
    if not counted:
        note = "no sample in both reports has it"
    elif found.difference is None:
        note = "not defined on these samples"
    elif not enough:
        what = "group" if found.groups == 1 else "groups"
        note = f"{found.groups} {what} of samples, and a test needs {LEAST_GROUPS}"
    ones = np.ones(len(counted))
    return Row(
        suite=suite,
        measure=measure.name,
        better=measure.better,
        unit=measure.unit,
        gated=gated and enough,
        baseline=tidy(float(measure.statistic(a, ones))) if counted else None,
        now=tidy(float(measure.statistic(b, ones))) if counted else None,
        difference=found.difference,
        low=found.low,
        high=found.high,
        p=found.p if tested else None,
        p_worse=found.p_worse if tested else None,
        effect=found.effect,
        wins=[] if gains is None else [i for i, gain in zip(ids, gains, strict=True) if gain > 0],
        losses=[] if gains is None else [i for i, gain in zip(ids, gains, strict=True) if gain < 0],
        ties=found.ties,
        n=found.n,
        groups=found.groups,
        verdict="too few to judge" if gated and not enough else "shown only",
        note=note,
    )


def _values(sample: Scored, needs: Sequence[str]) -> list[float | None]:
    return [float(sample.error is not None) if name == FAILED else sample.scores.get(name) for name in needs]


def _timings(now: Report, baseline: Report) -> list[Row]:
    """Figures of the clock, side by side: two machines, or one on two days, are no paired samples."""
    if now.timings is None or baseline.timings is None:
        return []
    rows = []
    for after in now.timings.suites:
        before = [one for one in baseline.timings.suites if one.suite == after.suite]
        if len(before) > 1:
            before = [one for one in before if one.system == after.system]
        old = {one.measure: one for one in before[0].estimates} if before else {}
        for one in after.estimates:
            if one.measure in old and one.value is not None and old[one.measure].value is not None:
                rows.append(
                    Row(
                        suite=after.suite,
                        measure=one.measure,
                        better=one.better,
                        unit=one.unit,
                        gated=False,
                        baseline=old[one.measure].value,
                        now=one.value,
                        n=one.n,
                        groups=one.groups,
                        verdict="shown only",
                        note="timed, not tested",
                    )
                )
    return rows


def _could_tell(row: Row) -> bool:
    """Returns False where every swap gives a difference of the same size, as where nothing differs at all.

    Such a test can't be significant whatever the signs are, so p-values needn't be corrected for it (Tarone,
    Biometrics 46, 1990): most failure rates are 0 in both runs.
    """
    return not (row.p == row.p_worse == 1.0)


def _judged(rows: Sequence[Row], alpha: float) -> list[Row]:
    """Adds adjusted p-values and verdicts."""
    from evals.stats.corrections import benjamini_hochberg, holm

    gated = [row for row in rows if row.gated]
    family = [row for row in gated if _could_tell(row)]
    worse = iter(holm([row.p_worse for row in family if row.p_worse is not None]))
    either = iter(holm([row.p for row in family if row.p is not None]))
    judged = []
    for row in gated:
        down, change = (next(worse), next(either)) if _could_tell(row) else (1.0, 1.0)
        good = (row.difference or 0.0) * (1 if row.better == "higher" else -1) > 0
        verdict = "worse" if down < alpha else "better" if change < alpha and good else "no difference found"
        told = {"adjusted": down, "adjusted_two_sided": change, "verdict": verdict}
        judged.append(row.model_copy(update=told))
    others = [row for row in rows if not row.gated]
    tested = iter(benjamini_hochberg([row.p for row in others if row.p is not None]))
    for row in others:
        judged.append(row if row.p is None else row.model_copy(update={"adjusted": next(tested)}))
    return judged
