"""The verdict on a judge: what every report whose figures rest on it says about it.

Contract: a verdict is made of a result of the suite `judge` and says on which data, how many claims and how
well; which one is told is the matter of `evals.verdicts`.
"""

from __future__ import annotations

from evals.result import Estimate, JudgeVerdict, SuiteResult, SystemResult
from homespun.errors import UsageError

_WORDS = ((0.9, "very well"), (0.8, "well"), (0.7, "moderately"), (0.6, "weakly"), (0.0, "hardly"))


def verdict(result: SuiteResult, threshold: float | None = None) -> JudgeVerdict:
    """Makes the verdict on the judge that was measured.

    Args:
        result: of the suite `judge`.
        threshold: the judge's; None takes it from what the report says about the system.

    Raises:
        UsageError: if it's another suite's, or the claims have one label only, so that nothing can be said.
    """
    if result.suite != "judge":
        raise UsageError(f"A verdict on a judge is made of the suite judge, not of {result.suite}.")
    system = result.system
    area, right = _found(system, "auroc"), _found(system, "balanced_accuracy")
    if area is None or right is None or area.value is None or right.value is None:
        raise UsageError(
            "These claims don't tell judges apart: they need both labels, and a judge that answers."
        )
    at = system.about.get("threshold", 0.5) if threshold is None else threshold
    low = area.value if area.low is None else area.low
    high = area.value if area.high is None else area.high
    return JudgeVerdict(
        judge=system.name,
        fingerprint=system.fingerprint,
        data=result.data,
        n=area.n,
        auroc=area.value,
        auroc_low=low,
        auroc_high=high,
        balanced_accuracy=right.value,
        threshold=float(at),
        text=_text(result, area.value, low, high, area.n, right.value),
    )


def _found(system: SystemResult, measure: str) -> Estimate | None:
    return next((one for one in system.estimates if one.measure == measure), None)


def _text(result: SuiteResult, area: float, low: float, high: float, n: int, right: float) -> str:
    how = next(word for least, word in _WORDS if area >= least)
    if low <= 0.5:
        how += ", if at all"
    where = "built-in" if result.data == "built-in" else result.data
    length = next((_found(one, "auroc") for one in result.baselines if one.name == "length"), None)
    by_length = ""
    if (
        result.system.name != "length"
        and length
        and length.value
        and max(length.value, 1 - length.value) >= area
    ):
        by_length = " Claim length alone tells as much there."
    trust = (
        "don't trust its word on single sentences"
        if area < 0.8
        else "it may still be wrong on single sentences"
    )
    return (
        f"{result.system.name} tells supported from unsupported claims {how}: AUROC {area:.2f} "
        f"[{low:.2f}, {high:.2f}] on {n:,} claims ({where}); at its threshold it's right in "
        f"{100 * right:.0f} % (both kinds counted alike), so {trust}.{by_length}"
    )
