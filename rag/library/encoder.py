"""Who embeds a collection: found by its address, not loaded yet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

if TYPE_CHECKING:
    from rag.chunk.chunker import Chunker

_BATCH_TOKENS = 2048
"""Twice what embeddings take by themselves: a tenth quicker over thousands of texts, for 200 MB more."""


@dataclass(frozen=True)
class Encoder:
    """Found embeddings.

    Attributes:
        name: their address; a class's name for those that were given.
        model: what vectors depend on.
        embeddings: themselves.
        chunker: makes what cuts sources up into sizes that they read.
    """

    name: str
    model: str
    embeddings: Embeddings
    chunker: Callable[[], Chunker]


def open_encoder(asked: str | Embeddings, home: Path | None, threads: int | None) -> Encoder:
    """Finds embeddings; weights are loaded at the first text.

    Args:
        asked: an address as `models.encoders.load_embeddings` takes it, or embeddings; these are told apart
            by their attribute `fingerprint`, if they have one, else by their class and plain settings.
        home: the state folder whose `models/` is searched.
        threads: processor threads of one pass.

    Raises:
        ModelNotFound: the address leads nowhere.
    """
    from models.encoders import load_embeddings
    from models.encoders.embed import LocalEmbeddings

    embeddings = load_embeddings(asked, home, threads) if isinstance(asked, str) else asked
    if isinstance(embeddings, LocalEmbeddings):
        name, model = embeddings.model, embeddings.source.fingerprint
        if isinstance(asked, str):
            embeddings = LocalEmbeddings(
                name, home=home, threads=threads, batch_tokens=_BATCH_TOKENS, way=None
            )
    else:
        name = asked if isinstance(asked, str) else type(asked).__name__
        model = asked if isinstance(asked, str) else _fingerprint(asked)

    def chunker() -> Chunker:
        from rag.chunk.chunker import Chunker
        from rag.chunk.tokens import encoder_size, encoder_tokens

        return Chunker(encoder_tokens(embeddings), encoder_size(embeddings))

    return Encoder(name, model, embeddings, chunker)


def _fingerprint(embeddings: Embeddings) -> str:
    """What tells embeddings that were given from others: their own word for it, else class and settings."""
    own = getattr(embeddings, "fingerprint", None)
    if isinstance(own, str):
        return own
    kind = type(embeddings)
    plain = {
        key: value
        for key, value in vars(embeddings).items()
        if isinstance(value, (str, int, float)) and not key.startswith("_") and "key" not in key
    }
    said = json.dumps([kind.__module__, kind.__qualname__, plain], sort_keys=True)
    return f"{kind.__name__}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"
