"""Memory that was freed serves again without the system's help."""

from __future__ import annotations

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import numpy as np
from finetune.memory import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        np.ones(64 << 20, np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

plain = faults()
done = keep_freed_memory()
faults()
print(int(done), plain, faults())
"""


def test_a_block_freed_and_taken_again_costs_no_page_faults() -> None:
    out = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True).stdout
    done, plain, kept = map(int, out.split())
    if not done:
        pytest.skip("this system's malloc isn't glibc's")
    assert plain > 100
    assert kept < plain / 10
