"""The suites: name → ``"module:SUITE"``, an instance of `evals.suite.Suite`.

Contract: order is the order of `homespun eval all`; listing imports no suite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homespun.names import Table

if TYPE_CHECKING:
    from evals.suite import Suite

SUITES: Table[Suite[Any]] = Table(
    "suite",
    {
        "lm": "evals.suites.lm:SUITE",
        "chat_memory": "evals.suites.chat_memory:SUITE",
        "long_memory": "evals.suites.long_memory:SUITE",
        "first_contact": "evals.suites.first_contact:SUITE",
        "tools": "evals.suites.tools:SUITE",
        "judge": "evals.suites.judge:SUITE",
        "answers": "evals.suites.answers:SUITE",
        "reading": "evals.suites.reading:SUITE",
        "retrieval": "evals.suites.retrieval:SUITE",
        "safety": "evals.suites.safety:SUITE",
        "latency": "evals.suites.latency:SUITE",
        "recorded": "evals.suites.recorded:SUITE",
    },
)
