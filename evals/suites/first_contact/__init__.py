"""Suite `first_contact`: one hundred things that people say first, and what a sensible answer is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evals.suites.first_contact.suite import SUITE

__all__ = ["SUITE"]


def __getattr__(name: str) -> Any:
    if name == "SUITE":
        from evals.suites.first_contact.suite import SUITE

        return SUITE
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
