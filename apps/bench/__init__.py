"""Speed and memory, ours beside installed peers, as ratios measured in one run.

Contract: each row names ``run(...) -> dict`` of plain values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from homespun.names import Table

BENCHES: Table[Callable[..., dict[str, Any]]] = Table(
    "benchmark",
    {
        "decode": "apps.bench.decode:run",
        "embed": "apps.bench.embed:run",
        "fill": "apps.bench.fill:run",
        "graphs": "apps.bench.graphs:run",
        "page": "apps.bench.page:run",
        "rag": "apps.bench.rag:run",
        "read": "apps.bench.read:run",
        "tokenizer": "apps.bench.tokenizer:run",
        "train": "apps.bench.train:run",
    },
)
