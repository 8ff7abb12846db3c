"""From scores to estimates: each measure over the samples that have its columns, with its interval.

Contract: a sample that lacks one of a measure's columns isn't counted in it, nor is one that adds nothing to
it (`evals.measure.counted`); one that failed is counted in `failure_rate` only, which the other figures'
notes say. A figure that isn't defined is None and says why, and one that has no interval says why that is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from evals.measure import Mean, Measure, counted
from evals.result import Estimate

FAILED = "failed"
FAILURE_RATE = Measure(
    "failure_rate",
    Mean(FAILED),
    "lower",
    about="samples that weren't answered or couldn't be scored",
    primary=True,
)
TIMING = "timing."
# No two measured times are equal to the last digit.
TOGETHER = "no interval: the samples were timed together"
# A tag with more values than this names things, not kinds of things.
MOST_VALUES = 12
# Slices are to look at; the figures that decide something are drawn more often.
SLICE_RESAMPLES = 400


@dataclass(frozen=True)
class Row:
    """One sample as statistics see it.

    Attributes:
        cluster: the group it belongs to.
        columns: its scores, and what was measured while it was answered; empty if it failed.
        failed: whether it did.
        tags: by what results are broken down.
    """

    cluster: str
    columns: Mapping[str, float | None] = field(default_factory=dict)
    failed: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def all(self) -> Mapping[str, float | None]:
        """The columns, and whether it failed as one more."""
        return {**self.columns, FAILED: float(self.failed)}


def check(measures: Sequence[Measure]) -> None:
    """Refuses measures that would make a report differ from run to run.

    Raises:
        ValueError: if one reads what was timed and doesn't say so; a defect of the suite.
    """
    for measure in measures:
        if not measure.timing and any(name.startswith(TIMING) for name in measure.statistic.needs):
            raise ValueError(f"the measure {measure.name} reads timing and must be marked timing=True")


def repeatable(measures: Sequence[Measure]) -> list[Measure]:
    """Returns the measures that rest on no clock, with the failure rate."""
    return [*(m for m in measures if not m.timing and m.name != FAILURE_RATE.name), FAILURE_RATE]


def timed(measures: Sequence[Measure]) -> list[Measure]:
    """Returns the measures that do."""
    return [measure for measure in measures if measure.timing]


def estimate_all(
    measures: Sequence[Measure], rows: Sequence[Row], *, resamples: int, seed: int, mde: bool = True
) -> list[Estimate]:
    """Returns one estimate a measure."""
    return [estimate(measure, rows, resamples=resamples, seed=seed, mde=mde) for measure in measures]


def slices(
    measures: Sequence[Measure], rows: Sequence[Row], *, resamples: int, seed: int
) -> dict[str, dict[str, list[Estimate]]]:
    """Returns tag → value → estimates, for tags that tell kinds of samples apart."""
    found = {}
    for tag in sorted({name for row in rows for name in row.tags}):
        values = sorted({row.tags[tag] for row in rows if tag in row.tags})
        if 1 < len(values) <= MOST_VALUES:
            found[tag] = {
                value: estimate_all(
                    measures,
                    [row for row in rows if row.tags.get(tag) == value],
                    resamples=min(resamples, SLICE_RESAMPLES),
                    seed=seed,
                    mde=False,
                )
                for value in values
            }
    return found


def estimate(
    measure: Measure, rows: Sequence[Row], *, resamples: int, seed: int, mde: bool = True
) -> Estimate:
    """Returns a measure's value and interval over the rows that have its columns."""
    from evals.stats.intervals import interval
    from evals.stats.power import minimum_detectable_effect
    from evals.stats.resampling import CONSTANT

    about: dict[str, Any] = {
        "measure": measure.name,
        "better": measure.better,
        "unit": measure.unit,
        "primary": measure.primary,
        "about": measure.about,
    }
    needs = measure.statistic.needs
    whole = [(row.cluster, [row.all.get(name) for name in needs]) for row in rows]
    whole = [(cluster, values) for cluster, values in whole if None not in values]
    table = np.asarray([values for _, values in whole], dtype=np.float64).reshape(len(whole), len(needs))
    columns = dict(zip(needs, np.ascontiguousarray(table.T), strict=True))
    mask = counted(measure.statistic, columns)
    if not mask.any():
        why = (
            "no sample was answered" if all(row.failed for row in rows) else "applies to none of the samples"
        )
        return Estimate(value=None, n=0, groups=0, note=why, **about)
    columns = {name: values[mask] for name, values in columns.items()}
    clusters = [cluster for (cluster, _), counts in zip(whole, mask, strict=True) if counts]
    found = interval(
        measure.statistic, columns, clusters, bounds=measure.range, resamples=resamples, seed=seed
    )
    if found.method == CONSTANT and measure.timing and measure.unit == "s":
        found = replace(found, method=TOGETHER)
    value = _tidy(found.value)
    smallest = None
    if mde and value is not None:
        smallest = _tidy(
            minimum_detectable_effect(measure.statistic, columns, clusters, bounds=measure.range, seed=seed)
        )
    notes = [found.method]
    if value is not None:
        notes = [_left_out(measure, rows), found.method if _tidy(found.low) is None else ""]
    return Estimate(
        value=value,
        low=_tidy(found.low),
        high=_tidy(found.high),
        n=found.n,
        groups=found.groups,
        method=found.method if value is not None else "",
        mde=smallest,
        note="; ".join(note for note in notes if note),
        **about,
    )


def _left_out(measure: Measure, rows: Sequence[Row]) -> str:
    """Says that a figure rests on what was answered: one of all samples can't be compared with it."""
    failed = sum(row.failed for row in rows)
    if not failed or FAILED in measure.statistic.needs:
        return ""
    return f"{failed:,} of {len(rows):,} samples failed and {'is' if failed == 1 else 'are'}n't counted"


def _tidy(value: float | None) -> float | None:
    # The last digits of a sum depend on the order of its additions, and so on the machine.
    return float(f"{value:.12g}") if value is not None and math.isfinite(value) else None
