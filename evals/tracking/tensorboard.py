"""TensorBoard: a run's figures as scalars in an event file below the run's folder.

`tensorboard --logdir` on the folder of all runs shows them side by side, each under its name.
"""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from evals.tracking.points import facts, points
from homespun.errors import UsageError

if TYPE_CHECKING:
    from evals.result import Report

FOLDER = "tensorboard"


def track(report: Report, folder: Path) -> str:
    """Writes the event file, in place of an earlier one of this run.

    Raises:
        UsageError: if TensorBoard isn't installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own, about packages that it uses
            from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise UsageError("TensorBoard isn't installed: pip install tensorboard") from error
    where = folder / FOLDER
    shutil.rmtree(where, ignore_errors=True)
    with SummaryWriter(str(where)) as writer:
        for point in points(report):
            for name, value in point.numbers.items():
                writer.add_scalar(name, value, 0)
        text = json.dumps(facts(report), indent=2, ensure_ascii=False)
        writer.add_text("run", "".join(f"    {line}\n" for line in text.splitlines()), 0)
    return f"TensorBoard: tensorboard --logdir {folder.parent}"
