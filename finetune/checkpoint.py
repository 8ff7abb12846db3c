"""Checkpoints of a training run: two files, the newest and the one before it.

A checkpoint holds everything that the next step depends on (weights, optimiser, data position, random state,
averages, time spent), so resuming continues the very same run. Files are written whole or not at all; the
older one is removed only when the newer one is safe, so a crash or a full disk at any moment leaves at least
one that works.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from homespun.errors import HomespunError, OutOfSpace
from homespun.files import atomic_write

KEEP = 2


def checkpoints(folder: Path) -> list[Path]:
    """Checkpoints in a run's folder, newest first."""
    return sorted(folder.glob("step-*.pt"), reverse=True)


def save_checkpoint(folder: Path, step: int, state: dict[str, Any]) -> Path:
    """Write `step-<n>.pt`, then remove all but the newest two.

    Raises:
        OutOfSpace: The disk, quota or file-size limit is exhausted; older checkpoints are intact.
    """
    path = folder / f"step-{step:09d}.pt"
    # Into memory first: an error inside torch's archive writer would not say that the disk is full.
    buffer = io.BytesIO()
    torch.save(state, buffer)
    try:
        atomic_write(path, buffer.getvalue())
    except OutOfSpace as error:
        kept = checkpoints(folder)
        rest = f"the checkpoint before it is intact ({kept[0].name})" if kept else "there is none before it"
        raise OutOfSpace(
            f"no space for a checkpoint of {buffer.tell() / 1e6:.1f} MB in {folder}; {rest}. "
            "Free some space and resume."
        ) from error
    for old in checkpoints(folder)[KEEP:]:
        old.unlink(missing_ok=True)
    return path


def load_checkpoint(folder: Path, warn: Callable[[str], None]) -> dict[str, Any] | None:
    """The newest checkpoint that can be read, or None where there is none; on the CPU.

    Args:
        folder: The run's folder.
        warn: Receives one line for each file that had to be passed over.

    Raises:
        HomespunError: There are checkpoints, but none can be read.
    """
    found = checkpoints(folder)
    for path in found:
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises many kinds for a damaged archive
            warn(f"{path} cannot be read ({type(error).__name__}); trying the one before it")
            continue
        return state
    if found:
        raise HomespunError(f"no checkpoint in {folder} can be read; remove the folder to begin again")
    return None
