"""Suite `long_memory`: what users told in one thread, asked back in another, by them and by somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evals.suites.long_memory.suite import SUITE

__all__ = ["SUITE"]


def __getattr__(name: str) -> Any:
    if name == "SUITE":
        from evals.suites.long_memory.suite import SUITE

        return SUITE
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
