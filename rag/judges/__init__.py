"""The judges: name → ``"module:build"``, how each is made.

Contract: ``build(argument, *, home, threads) -> Judge``, where a judge's address is ``name[:argument]``;
listing imports no judge. `rag.judges.loading.load_judge` is how one is got.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from homespun.names import Table

if TYPE_CHECKING:
    from rag.judges.judge import Judge

JUDGES: Table[Callable[..., Judge]] = Table(
    "judge",
    {
        "lexical": "rag.judges.lexical:build",
        "length": "rag.judges.length:build",
        "cosine": "rag.judges.cosine:build",
        "chat": "rag.judges.chat:build",
        "cross": "rag.judges.cross:build",
    },
)
