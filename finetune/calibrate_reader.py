"""Calibrates a reader: ``python -m finetune.calibrate_reader ADAPTER QUESTIONS``.

QUESTIONS is SQuAD's own file (``dev-v2.0.json``), or one of its paragraphs a line, ``{"title", "context",
"questions": [{"question", "answers"}]}``, with questions that have no answer among them (``"answers": []``),
none of which was trained on. Fitted are the probability that the likeliest span is right, the probability
that there is an answer, and the bound below which the reader abstains (best mean F1). All are written into
the adapter's config.json; what is printed, and drawn into ``reliability.svg``, is cross-fitted by article:
each article is judged by a calibration that saw none of it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evals.metrics.auroc import auroc
from evals.metrics.ece import ece
from evals.metrics.exact_match import exact_match
from evals.metrics.reliability import reliability_bins
from evals.metrics.token_f1 import token_f1
from finetune.adapting.calibrate import best_threshold, cross_fitted, fit
from finetune.adapting.card import PLOT, rewrite
from finetune.adapting.plot import reliability_svg
from finetune.data.reading.squad import paragraphs
from homespun.errors import HomespunError, UsageError
from homespun.files import atomic_write
from models.encoders.adapters import update_settings
from models.encoders.calibration import Calibration
from models.encoders.read import Reader

_BATCH = 256


@dataclass(frozen=True)
class Case:
    """One question as it was read: `right` and `f1` of the likeliest span, 0 where there is no answer."""

    group: str
    values: Mapping[str, float]
    answerable: float
    right: float
    f1: float


def read_cases(reader: Reader, path: Path) -> list[Case]:
    """Read all questions of a file.

    Raises:
        UsageError: The file can't be read, isn't of a form above, or holds no questions.
    """
    asked = [
        (paragraph.title, one.question, paragraph.context, one.answers)
        for paragraph in paragraphs(path)
        for one in paragraph.questions
    ]
    if not asked:
        raise UsageError(f"{path} holds no questions: name a file of SQuAD's form, such as dev-v2.0.json")
    cases = []
    for at in range(0, len(asked), _BATCH):
        chunk = asked[at : at + _BATCH]
        found = reader.read_many([(question, [passage]) for _, question, passage, _ in chunk])
        for (title, _, _, answers), reading in zip(chunk, found, strict=True):
            if reading.passage < 0:  # an empty passage: nothing was judged
                continue
            right = exact_match(reading.best, answers) if answers else 0.0
            f1 = token_f1(reading.best, answers) if answers else 0.0
            cases.append(Case(title, reading.signs, float(bool(answers)), right, f1))
    return cases


def calibrate(cases: Sequence[Case]) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Fit on all cases.

    Returns:
        Settings for the adapter, cross-fitted figures, and the picture.
    """
    values, groups = [case.values for case in cases], [case.group for case in cases]
    answerable, right = [case.answerable for case in cases], [case.right for case in cases]
    sure, there = cross_fitted(values, right, groups), cross_fitted(values, answerable, groups)
    f1, has = np.asarray([case.f1 for case in cases]), np.asarray(answerable)

    def gain(bound: float) -> float:
        return float(np.where(there >= bound, f1, 1.0 - has).mean())

    bound = best_threshold(list(there), gain)
    settings = {
        "confidence": _plain(fit(values, right)),
        "answerable": _plain(fit(values, answerable)),
        "threshold": round(bound, 4),
    }
    figures = {
        "questions": len(cases),
        "articles": len(set(groups)),
        "f1": gain(bound),
        "always_abstains": float(1.0 - has.mean()),
        "auroc_abstention": auroc(there, answerable),
        "ece_confidence": ece(sure, right),
        "ece_answerable": ece(there, answerable),
        "threshold": bound,
    }
    bins = reliability_bins(sure, right)
    picture = reliability_svg(bins, "Is the likeliest span right?", "confidence", "share that is right")
    return settings, figures, picture


def _plain(calibration: Calibration) -> dict[str, Any]:
    weights = {name: round(weight, 6) for name, weight in calibration.weights.items()}
    return {"weights": weights, "constant": round(calibration.constant, 6)}


def main(arguments: list[str] | None = None) -> int:
    """Calibrate; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m finetune.calibrate_reader", description=__doc__)
    parser.add_argument("adapter", help="name or folder of the reader's adapter")
    parser.add_argument("questions", type=Path, help="SQuAD's own file, or paragraphs as lines")
    parser.add_argument("--threads", type=int, help="processor threads")
    given = parser.parse_args(arguments)
    try:
        reader = Reader(given.adapter, threads=given.threads, threshold=0.0)
        settings, figures, picture = calibrate(read_cases(reader, given.questions))
        update_settings(reader.adapter.folder, {**settings, "calibrated_on": figures})
        atomic_write(reader.adapter.folder / PLOT, picture)
        rewrite(reader.adapter.folder)
    except HomespunError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
