"""Peak memory: the most that this process has held, in bytes.

The one place among the metrics that reads the machine instead of its arguments. What other processes hold (a
model server, workers) isn't counted.
"""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def reset_peak_memory() -> bool:
    """Begin anew, so that the next peak is since now.

    Returns:
        Whether that could be done; elsewhere than on Linux the peak is since the process began.
    """
    cuda = _cuda()
    if cuda is not None:
        cuda.reset_peak_memory_stats()
    with suppress(OSError):
        _CLEAR.write_text("5")  # resets VmHWM alone (proc_pid_clear_refs(5))
        return True
    return False


def peak_memory() -> int:
    """The most main memory that was resident, in bytes, since the process began or `reset_peak_memory`."""
    with suppress(OSError):
        found = re.search(r"^VmHWM:\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)
        if found:
            return int(found[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)


def peak_gpu_memory() -> int | None:
    """The most memory that torch's tensors held on the current GPU, in bytes; None where torch uses none."""
    cuda = _cuda()
    return None if cuda is None else int(cuda.max_memory_allocated())


def _cuda() -> Any:
    """`torch.cuda` if something has used it already (asking doesn't start it), else None."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None
