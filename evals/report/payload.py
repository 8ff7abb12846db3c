"""Records as the report's page reads them: JSON that can stand inside a `script` element.

Contract: nothing in it ends the element or starts another, whatever a model said; a sample's question is
written once, however many systems answered it. Each record is marked right, wrong, or neither.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from evals.result import Record, Report
from homespun.errors import HomespunError

if TYPE_CHECKING:
    from evals.compare import Difference

Marks = Mapping[tuple[str, ...], Literal["higher", "lower"]]
_ENDS = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def embed(value: Any) -> str:
    """Returns JSON without a character that HTML could take for markup; all of it is ASCII."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).translate(_ENDS)


def payload(
    report: Report, records: Sequence[Record], difference: Difference | None = None
) -> dict[str, Any]:
    """Returns samples and what each system made of them.

    Keys: ``samples`` (suite, id, group, tags, input, target), ``records`` (``s``: the sample's place, system,
    baseline, answer, passages, trace, usage, timing, error, scores, ``wrong``: true, false or null),
    ``moved`` (suite → ``lost`` and ``won``: ids of samples that went worse or better in a tested figure).
    """
    marks = {result.suite: marks_of(report, result.suite) for result in report.suites}
    places: dict[tuple[str, str], int] = {}
    samples: list[dict[str, Any]] = []
    made = []
    for record in records:
        key = (record.suite, record.digest)
        if key not in places:
            places[key] = len(samples)
            samples.append({"suite": record.suite, **record.sample.model_dump()})
        output = record.output
        made.append(
            {
                "s": places[key],
                "system": record.system,
                "baseline": record.baseline,
                "error": record.error,
                "scores": record.scores,
                "wrong": wrong(record, marks.get(record.suite, {})),
                **({} if output is None else output.model_dump()),
            }
        )
    moved: dict[str, dict[str, list[str]]] = {}
    for row in difference.rows if difference is not None else ():
        if row.gated:
            one = moved.setdefault(row.suite, {"lost": [], "won": []})
            one["lost"] += row.losses
            one["won"] += row.wins
    return {"samples": samples, "records": made, "moved": moved}


def marks_of(report: Report, suite: str) -> Marks:
    """Returns which columns say whether a sample went well, and which way is good.

    They are those of the suite's primary shares; where the suite isn't here to say them (a plug-in's), a
    measure's own name is taken for its column.
    """
    primary = {
        estimate.measure: estimate.better
        for result in report.suites
        if result.suite == suite
        for estimate in result.system.estimates
        if estimate.primary and not estimate.unit and estimate.measure != "failure_rate"
    }
    return {_columns(suite, name): better for name, better in primary.items() if better != "neither"}


def wrong(record: Record, marks: Marks) -> bool | None:
    """Returns whether a sample's primary score falls short of the best; None where it has none, or failed."""
    if record.error is not None:
        return None
    known = [(_share(record, columns), better) for columns, better in marks.items()]
    found = [value < 1 if better == "higher" else value > 0 for value, better in known if value is not None]
    if not found and record.scores.get("right") is not None:
        return record.scores["right"] == 0
    return any(found) if found else None


def _share(record: Record, columns: tuple[str, ...]) -> float | None:
    """Returns a sample's own figure: its one column, or the first for each of the second."""
    values = [record.scores.get(column) for column in columns]
    if len(values) == 1 or values[0] is None:
        return values[0]
    return values[0] / values[1] if values[1] else None


def _columns(suite: str, measure: str) -> tuple[str, ...]:
    from evals.measure import CategoryMean, Mean, Ratio
    from evals.suites import SUITES

    try:
        measures = SUITES[suite].measures
    except HomespunError:  # a suite from elsewhere, or one that can't be loaded here
        return (measure,)
    for one in measures:
        if one.name == measure and isinstance(one.statistic, (Mean, Ratio)):
            return one.statistic.needs
        if one.name == measure and isinstance(one.statistic, CategoryMean):
            return (one.statistic.column,)
    return (measure,)
