"""Strings in, scores and vectors out: embeddings, and cross-encoders (`models.encoders.cross`).

Importing this package imports nothing else: torch and LangChain come with the first model.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
__all__ = ["load_embeddings"]


def load_embeddings(name: str = "minilm", home: Path | None = None, threads: int | None = None) -> Embeddings:
    """Make the embeddings that an address leads to; weights are loaded at the first text.

    Args:
        name: `minilm` (all-MiniLM-L6-v2), the name or path of a folder in the layout of
            sentence-transformers or BERT, `hf:<org/name>` (such a model in the hub's cache), or
            `<provider>:<model>` as LangChain's `init_embeddings` takes it (`ollama:nomic-embed-text`).
        home: The state folder whose `models/` is searched; by default the one in the settings.
        threads: Processor threads of one pass; None leaves torch's setting.

    Raises:
        ModelNotFound: The address leads nowhere; the message says how to get it.
        UsageError: It leads to a model that isn't supported.
    """
    from models.encoders.embed import load

    return load(name, home, threads)
