import mmap
import sys
from types import SimpleNamespace

import pytest

from evals.metrics.memory import peak_gpu_memory, peak_memory, reset_peak_memory

SIZE = 64 * 1024 * 1024


def _use() -> None:
    # Asked of the system itself and given back to it: an allocator may keep what is freed.
    with mmap.mmap(-1, SIZE) as held:
        for page in range(0, SIZE, mmap.PAGESIZE):
            held[page] = 1


def test_the_peak_remembers_what_was_given_back() -> None:
    before = peak_memory()
    reset_peak_memory()
    low = peak_memory()
    _use()
    assert peak_memory() >= max(before if sys.platform != "linux" else 0, low + SIZE // 2)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can forget a peak")
def test_a_reset_forgets_it() -> None:
    _use()
    high = peak_memory()
    if not reset_peak_memory():
        pytest.skip("this system forbids it")
    assert peak_memory() <= high - SIZE // 2


def test_no_gpu_is_woken_to_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert peak_gpu_memory() is None
    assert "torch" not in sys.modules


def test_a_gpu_that_is_in_use_is_asked_and_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cuda:
        peak = 5000

        def is_initialized(self) -> bool:
            return True

        def max_memory_allocated(self) -> int:
            return self.peak

        def reset_peak_memory_stats(self) -> None:
            self.peak = 0

    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=Cuda()))
    assert peak_gpu_memory() == 5000
    reset_peak_memory()
    assert peak_gpu_memory() == 0
