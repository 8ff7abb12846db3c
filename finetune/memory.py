"""How the process keeps its memory while it trains."""

from __future__ import annotations

import ctypes
import sys

# The numbers of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
_NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Have freed memory used again instead of given back to the system, for the rest of the process.

    glibc's malloc asks the system for every block above 32 MB and gives it back when it's freed. A step of
    training has dozens of these, and the system clears each page of each before it is used: tuning the
    encoder on two cores took twice the time.

    Returns:
        Whether that was done; another allocator than glibc's is left as it is.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(_M_MMAP_MAX, 0)) and bool(mallopt(_M_TRIM_THRESHOLD, _NEVER))
