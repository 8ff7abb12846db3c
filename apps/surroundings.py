"""What a run was made with: the versions of what it rests on, and the machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

# Those whose other versions may answer or count otherwise.
PACKAGES = (
    "homespun",
    "langchain-core",
    "langgraph",
    "llguidance",
    "numpy",
    "rouge-score",
    "sacrebleu",
    "scipy",
    "tokenizers",
    "torch",
    "transformers",
)


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Returns the versions of those that are installed, and Python's."""
    found = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """Returns what the time that something took depends on."""
    import sys

    import psutil

    found: dict[str, Any] = {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "memory": psutil.virtual_memory().total,
    }
    torch = sys.modules.get("torch")
    if torch is not None:
        found["threads"] = torch.get_num_threads()
        if torch.cuda.is_available():
            found["gpu"] = torch.cuda.get_device_name(0)
    return found
