"""Embeddings of tests: a text's words, each at a place that its hash gives. Equal everywhere, and quick."""

from __future__ import annotations

import re
import zlib

from langchain_core.embeddings import Embeddings

WIDTH = 64


class HashedWords(Embeddings):
    """Texts with the same words are near to each other.

    Args:
        fails_after: the call after so many texts raises.
    """

    fingerprint = "hashed words"

    def __init__(self, fails_after: int | None = None) -> None:
        self.read: list[str] = []
        self.fails_after = fails_after

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if self.fails_after is not None and len(self.read) >= self.fails_after:
            raise RuntimeError("the encoder broke down")
        self.read += texts
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector = [0.0] * WIDTH
        for word in re.findall(r"\w+", text.lower()):
            vector[zlib.crc32(word.encode()) % WIDTH] += 1.0
        return vector if any(vector) else [1.0] * WIDTH
