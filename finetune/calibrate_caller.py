"""Calibrates when a caller calls: ``python -m finetune.calibrate_caller CHOOSER FILLER SAMPLES``.

SAMPLES is a folder of files in the form of the Berkeley Function Calling Leaderboard, or one file: a line is
``{"id", "question", "function", "ground_truth"}``, where no truth means that no call is right. Fitted is the
probability that a call is wanted, from the chooser's odds against none and the share of what the tool needs
that was mentioned; samples with and without a call weigh the same together. It is written into the chooser's
config.json. What is printed is cross-fitted: a sample is judged by a calibration that saw none of its fold.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evals.metrics.auroc import auroc
from finetune.adapting.calibrate import cross_fitted, fit
from finetune.adapting.card import rewrite
from homespun.errors import HomespunError, UsageError
from models.encoders.adapters import update_settings
from models.encoders.call import SETTING, THRESHOLD, Caller, load_caller


@dataclass(frozen=True)
class Case:
    """One sample: what the caller saw, and whether a call was wanted."""

    id: str
    values: dict[str, float]
    wanted: float


def read_cases(caller: Caller, path: Path) -> Iterator[Case]:
    """Ask the caller about every sample of a file, or of a folder's files.

    Raises:
        UsageError: A file can't be read or isn't of the form above.
    """
    for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
        try:
            rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
            asked = [(str(row["id"]), _turns(row["question"]), row["function"], _wanted(row)) for row in rows]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{file} isn't a file of questions with functions: {error}.") from error
        for name, turns, functions, wanted in asked:
            found = caller.likeliest(turns, functions)
            if found is not None:
                odds = max(-30.0, min(30.0, found.choice.odds))
                yield Case(name, {"odds": odds, "required": found.required}, wanted)


def calibrate(cases: Sequence[Case]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fit on all cases; settings for the chooser, and cross-fitted figures."""
    values, wanted = [case.values for case in cases], [case.wanted for case in cases]
    chances = cross_fitted(values, wanted, [case.id for case in cases], balanced=True)
    calls, truth = chances >= THRESHOLD, np.asarray(wanted) == 1
    made = fit(values, wanted, balanced=True)
    settings = {
        SETTING: {
            "weights": {name: round(weight, 6) for name, weight in made.weights.items()},
            "constant": round(made.constant, 6),
        }
    }
    figures = {
        "samples": len(cases),
        "calls_where_wanted": float(calls[truth].mean()),
        "none_where_none_is_wanted": float((~calls[~truth]).mean()),
        "auroc": auroc(chances, wanted),
        "auroc_of_odds_alone": auroc([value["odds"] for value in values], wanted),
    }
    return settings, figures


def _turns(question: Any) -> list[tuple[str, str]]:
    messages = question[0] if question and isinstance(question[0], list) else question
    return [(str(one["role"]), str(one["content"])) for one in messages if one["role"] != "system"]


def _wanted(row: Mapping[str, Any]) -> float:
    return float(row.get("ground_truth") is not None)


def main(arguments: list[str] | None = None) -> int:
    """Calibrate; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m finetune.calibrate_caller", description=__doc__)
    parser.add_argument("chooser", help="name or folder of the chooser's adapter")
    parser.add_argument("filler", help="name or folder of the filler's adapter")
    parser.add_argument("samples", type=Path, help="samples with and without a right call")
    parser.add_argument("--threads", type=int, help="processor threads")
    given = parser.parse_args(arguments)
    try:
        caller = load_caller(given.chooser, given.filler, threads=given.threads)
        settings, figures = calibrate(list(read_cases(caller, given.samples)))
        update_settings(caller.chooser.adapter.folder, {**settings, "calibrated_on": figures})
        rewrite(caller.chooser.adapter.folder)
    except HomespunError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
