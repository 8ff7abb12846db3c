"""Tracking: a report's figures in Weights & Biases or TensorBoard.

Contract: both are extras, imported when used. Only figures leave this folder, with the names of suites and
systems and the versions of packages: no sample and no answer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from homespun.names import Table

if TYPE_CHECKING:
    from evals.result import Report

TRACKERS: Table[Callable[[Report, Path], str]] = Table(
    "tracker",
    {"wandb": "evals.tracking.wandb:track", "tensorboard": "evals.tracking.tensorboard:track"},
)


def track(report: Report, folder: Path, to: str) -> str:
    """Sends a report's figures to a tracker.

    Args:
        report: what was found.
        folder: the run's; what a tracker writes goes below it, and the run is called as it is.
        to: a name in `TRACKERS`.

    Returns:
        One line that says where the figures are.

    Raises:
        UnknownName: if there is no such tracker.
        UsageError: if its package isn't installed, or it isn't set up.
    """
    return TRACKERS[to](report, folder)
