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
"""Name → what sends a report's figures on: (report, the run's folder) → one line that says where they are."""
