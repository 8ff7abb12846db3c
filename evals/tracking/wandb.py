"""Weights & Biases: a run's figures as a run of the project `homespun`.

Contract: which account, and whether anything is sent at all, is wandb's own setting: ``wandb login``, or
``WANDB_MODE=offline``, with which all stays in the run's folder until ``wandb sync``.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.tracking.points import facts, points
from homespun.errors import UsageError

if TYPE_CHECKING:
    from evals.result import Report

PROJECT = "homespun"
COLUMNS = ("suite", "system", "baseline", "measure", "value", "low", "high", "n", "groups", "unit", "method")


def track(report: Report, folder: Path) -> str:
    """Makes a run of the figures, with a table of all of them.

    Raises:
        UsageError: if wandb isn't installed or doesn't know an account.
    """
    # Its tracer of calls to models would send what was said; it hears of no other switch.
    os.environ["WANDB_DISABLE_WEAVE"] = "true"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, and those of packages that it uses
        try:
            import wandb
        except ImportError as error:
            raise UsageError("Weights & Biases isn't installed: pip install wandb") from error
        try:
            return _send(wandb, report, folder)
        except wandb.errors.Error as error:
            text = (
                f"Weights & Biases: {error} (`wandb login` names an account, WANDB_MODE=offline needs none)"
            )
            raise UsageError(text) from error
        finally:
            wandb.teardown()  # its service would live on beside us


def _send(wandb: Any, report: Report, folder: Path) -> str:
    found = list(points(report))
    settings = wandb.Settings(
        silent=True,
        console="off",
        disable_code=True,
        disable_git=True,
        host="-",  # or it would be this machine's name
        x_disable_machine_info=True,
        x_disable_meta=True,
        x_disable_stats=True,
        x_save_requirements=False,
    )
    run = wandb.init(
        project=PROJECT,
        name=folder.name,
        job_type="eval",
        dir=folder,
        config=facts(report),
        settings=settings,
    )
    with run:
        rows = [
            [
                one.suite,
                one.system,
                one.baseline,
                e.measure,
                e.value,
                e.low,
                e.high,
                e.n,
                e.groups,
                e.unit,
                e.method,
            ]
            for one in found
            for e in (one.estimate,)
        ]
        run.log({"figures": wandb.Table(columns=list(COLUMNS), data=rows)})
        for one in found:
            run.summary.update(one.numbers)
        where = None if run.offline else run.url
    return (
        f"Weights & Biases: {where}"
        if where
        else f"Weights & Biases, offline: wandb sync {Path(run.dir).parent}"
    )
