"""A comparison with a baseline, in words: one line a measure, and one sentence for each that got worse.

Contract: what was tested comes first, as in `evals.compare.Difference`; "worse" and "better" are only said
where a test said so. Text that came from outside is made one plain line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.report.figures import ARROWS, UNDEFINED, changes, number, plain, probability, words

if TYPE_CHECKING:
    from evals.compare import Difference, Row

TONES = {"worse": "bad", "better": "good", "no difference found": "plain", "too few to judge": "faint"}
TIMED = "timed, not tested"
"""What a comparison notes of figures of the clock."""
FINDINGS = {"no difference found": "none found", "too few to judge": "too few", "shown only": "not tested"}
HEAD = ("measure", "baseline", "now", "change", "95 % interval", "p", "effect", "+/−/=", "finding")
P = "p: chance of so large a change if both were equally good, adjusted for the number of tests"
EFFECT = "effect: the change in standard deviations of the paired difference"
SAMPLES = "+/−/=: samples on which it's better, worse, equal now"


@dataclass(frozen=True)
class Change:
    """One measure, now and in the baseline.

    Attributes:
        suite: its name in words.
        measure: its name in words.
        arrow: which direction is good.
        baseline: with its unit.
        now: with its unit.
        change: the difference with its sign.
        interval: of the difference, 95 %.
        p: adjusted; "" where nothing was tested.
        effect: in standard deviations.
        samples: better, worse and equal, as ``3/14/40``; "" where samples have no figure of their own.
        finding: worse, better, or why it can't be said.
        tone: of the finding, for plots.
        note: what else there is to say.
        row: what it was made from.
    """

    suite: str
    measure: str
    arrow: str
    baseline: str
    now: str
    change: str
    interval: str
    p: str
    effect: str
    samples: str
    finding: str
    tone: str
    note: str
    row: Row

    @property
    def name(self) -> str:
        """Suite and measure."""
        return f"{self.suite}: {self.measure}"


def changed(difference: Difference) -> list[Change]:
    """Returns a line for each measure that both reports have."""
    return [
        _change(row, row.adjusted_two_sided if row.verdict == "better" else row.adjusted)
        for row in difference.rows
    ]


def cells(one: Change) -> tuple[str, ...]:
    """Returns a line of the table under `HEAD`."""
    name = f"{one.name} {one.arrow}".rstrip()
    interval = one.interval or UNDEFINED
    return (
        name, one.baseline, one.now, one.change, interval, one.p, one.effect, one.samples, one.finding
    )  # fmt: skip


def legend(made: Sequence[Change], *, shown: Sequence[str] = HEAD) -> list[str]:
    """Returns what the table's columns mean, for those of `HEAD` that are shown; it stands right under it."""
    said = [_shared(made)] if made else []
    said += [P] if "p" in shown and any(one.p for one in made) else []
    said += [EFFECT] if "effect" in shown and any(one.effect for one in made) else []
    return said + ([SAMPLES] if "+/−/=" in shown and any(one.samples for one in made) else [])


def verdict(difference: Difference) -> str:
    """Returns the gate's finding in a sentence."""
    tested = sum(row.gated for row in difference.rows)
    fallen, risen = len(difference.regressions), len(difference.improvements)
    if not tested:
        return "Nothing was tested, so nothing can be said about a regression."
    better = f" {risen} got significantly better." if risen else ""
    if fallen:
        return f"{fallen} of {tested} tested figures got significantly worse than the baseline.{better}"
    whole = "The one tested figure" if tested == 1 else f"None of {tested} tested figures"
    return f"{whole} {'did not get' if tested == 1 else 'got'} significantly worse.{better}"


def sentences(difference: Difference) -> list[str]:
    """Returns what got significantly worse, each in a sentence."""
    return [_sentence(_change(row, row.adjusted)) for row in difference.regressions]


def notes(made: Sequence[Change], difference: Difference) -> list[str]:
    """Returns what wasn't compared or tested, and why."""
    said = [f"{one.name}: {one.note}" for one in made if one.note and one.row.verdict != "shown only"]
    # That nothing was tested at all is the verdict.
    return said + [plain(note) for note in difference.notes if not note.startswith("Nothing was tested")]


def _shared(made: Sequence[Change]) -> str:
    """Returns over which samples both columns are: failure rates count all that both runs have."""
    counts: dict[str, int] = {}
    for one in made:
        if one.row.note != TIMED:
            counts[one.suite] = max(counts.get(one.suite, 0), one.row.n)
    if not counts:
        return "baseline and now: each over all of its run"
    timed = "; what the clock said, over each whole run" if any(one.row.note == TIMED for one in made) else ""
    if len(counts) == 1:
        (n,) = counts.values()
        return f"baseline and now: the {n:,} shared sample{'' if n == 1 else 's'}{timed}"
    told = ", ".join(f"{suite} {n:,}" for suite, n in counts.items())
    return f"baseline and now: the shared samples ({told}){timed}"


def _change(row: Row, p: float | None) -> Change:
    difference, interval = changes(row.difference, row.low, row.high, row.unit)
    known = row.ties is not None
    return Change(
        suite=words(row.suite),
        measure=words(row.measure),
        arrow=ARROWS[row.better],
        baseline=number(row.baseline, row.unit),
        now=number(row.now, row.unit),
        change=difference,
        interval=interval,
        p="" if p is None or not row.gated else probability(p),
        effect="" if row.effect is None else number(row.effect, "sd").removesuffix(" sd"),
        samples=f"{len(row.wins)}/{len(row.losses)}/{row.ties}" if known else "",
        finding=FINDINGS.get(row.verdict, row.verdict),
        tone=TONES.get(row.verdict, "faint"),
        note=plain(row.note),
        row=row,
    )


def _sentence(one: Change) -> str:
    moved = "fell" if (one.row.difference or 0) < 0 else "rose"
    told = f"{one.change}; 95 % interval {one.interval}" if one.interval else one.change
    counted = ""
    if one.samples and one.change != UNDEFINED:
        wins, losses, ties = one.samples.split("/")
        counted = f" Of {one.row.n:,} samples {losses} went worse, {wins} better, {ties} the same."
    p = one.p if one.p.startswith("<") else f"= {one.p}"
    return f"{one.name} {moved} from {one.baseline} to {one.now} ({told}; p {p}).{counted}"
