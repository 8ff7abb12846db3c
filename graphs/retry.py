"""Which failures of a step are worth another try.

Contract: what passes is tried again (a timeout, a broken connection, a busy server or file, a document that
couldn't be parsed, a full memory after it was freed); what would fail again isn't (a wrong key, a refused
request, a mistake of ours). An answer whose first words were seen isn't begun anew: mark its error with
`mark_begun`.
"""

from __future__ import annotations

import gc
import sqlite3
import sys

from langchain_core import exceptions
from langgraph.types import RetryPolicy

_PASSING = (
    TimeoutError,
    ConnectionError,
    exceptions.OutputParserException,
    exceptions.ModelTimeoutError,
    exceptions.ModelConnectionError,
    exceptions.ModelRateLimitError,
)
_PASSING_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_BEGUN = "homespun_begun"


def mark_begun(error: BaseException) -> None:
    """Notes on an error that it came after words were seen."""
    setattr(error, _BEGUN, True)


def passes(error: BaseException) -> bool:
    """Whether a step that failed in this way is to be tried again."""
    if getattr(error, _BEGUN, False):
        return False
    if _is_out_of_memory(error):
        _free()
        return True
    if isinstance(error, sqlite3.OperationalError):
        return "locked" in str(error) or "busy" in str(error)
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return status in _PASSING_STATUS
    if isinstance(error, _PASSING):
        return True
    # httpx and its like don't share a base with the built-in errors.
    return type(error).__name__.endswith(("TimeoutException", "Timeout", "ConnectError", "ReadError"))


def retry_policy(attempts: int = 2, first: float = 0.5) -> RetryPolicy:
    """Returns the policy.

    Args:
        attempts: How often a step is tried in all.
        first: Seconds before the second try; twice as long before each that follows, with jitter.
    """
    return RetryPolicy(initial_interval=first, max_interval=8.0, max_attempts=attempts, retry_on=passes)


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    torch = sys.modules.get("torch")  # who hasn't imported it can't have run out of its memory
    kind = getattr(torch, "OutOfMemoryError", None)
    return kind is not None and isinstance(error, kind)


def _free() -> None:
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
