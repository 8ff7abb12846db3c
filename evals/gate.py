"""What a gate couldn't test: a comparison without a regression says something only of what was compared.

Contract: whatever the baseline has and this run was asked for is tested or named here, one line each. What
the baseline itself has too little of for any test isn't missed, unless nothing at all was tested.
"""

from __future__ import annotations

from collections.abc import Collection

from evals.compare import Difference
from evals.result import Report, SuiteResult
from evals.stats.power import LEAST_GROUPS


def untested(
    now: Report, baseline: Report, difference: Difference, asked: Collection[str] | None = None
) -> list[str]:
    """Returns what should have been tested and wasn't, and why.

    Args:
        now: the report that was judged.
        baseline: what it was judged by.
        difference: between the two.
        asked: the suites that the run was to have; None is all that the baseline has.
    """
    expected = [one for one in baseline.suites if asked is None or one.suite in asked]
    found = [text for one in expected if (text := _trouble(one, now, baseline, difference))]
    if not found and not any(row.gated for row in difference.rows):
        why = [note for note in difference.notes if not note.startswith("Nothing was tested")]
        found.append(f"nothing was tested against the baseline: {' '.join(why)}".rstrip(": "))
    return found


def _trouble(before: SuiteResult, now: Report, baseline: Report, difference: Difference) -> str | None:
    name = before.suite
    of = f"{name} of {before.system.name}"
    here = [one for one in now.suites if one.suite == name]
    if not here:
        skipped = [text for key, text in now.skipped.items() if key == name or key.startswith(f"{name} (")]
        why = f"wasn't run: {'; '.join(skipped)}" if skipped else "isn't in this report"
        return f"{of} is in the baseline and {why}"
    alone = len(here) == sum(one.suite == name for one in baseline.suites) == 1
    if not alone and before.system.name not in [one.system.name for one in here]:
        reason = now.skipped.get(f"{name} ({before.system.name})", "")
        return f"{of} is in the baseline and not in this report{': ' * bool(reason)}{reason}"
    if any(row.gated and row.suite == name for row in difference.rows):
        return None
    if len({sample.group or sample.id for sample in before.system.samples}) < LEAST_GROUPS:
        return None
    notes = [note.removeprefix(f"{name}: ") for note in difference.notes if note.startswith(f"{name}: ")]
    few = [row for row in difference.rows if row.suite == name and row.verdict == "too few to judge"]
    notes += [f"{row.measure}: {row.note}." for row in few]
    return f"{name} wasn't tested against the baseline: {' '.join(dict.fromkeys(notes))}".rstrip(": ")
