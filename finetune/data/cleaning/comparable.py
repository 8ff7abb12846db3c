"""Documents as they are compared: words in small letters, without punctuation and apostrophes."""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from finetune.data.documents import Document
from models.tokenizers.chat_template import call_text, content_text

_WORD = re.compile(r"[^\W_]+")
# Apostrophes join ("what's" and "whats" are one word); letters that nobody sees don't part a word either.
_JOINING = str.maketrans(dict.fromkeys("'’‘ʼ`\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_FACTOR = 0x9E3779B97F4A7C15
_ALL = (1 << 64) - 1


def words(text: str) -> list[str]:
    """The words of a text, as they are compared."""
    if text.isascii():  # nearly always, and much faster
        return _WORD.findall(text.replace("'", "").replace("`", "").lower())
    return _WORD.findall(unicodedata.normalize("NFKC", text).translate(_JOINING).casefold())


def said(document: Document) -> list[str]:
    """The texts of a document: itself, or what stands in its messages."""
    if isinstance(document, str):
        return [document]
    return [content_text(message.get("content")) for message in document]


def key(document: Document) -> bytes:
    """Sixteen bytes that are the same for documents that differ in case, punctuation and spaces only.

    All that training reads of a conversation counts: roles, what was looked up, and calls.
    """
    if isinstance(document, str):
        parts = ["", document]
    else:
        parts = []
        for message in document:
            parts += [message["role"], content_text(message.get("content"))]
            if (found := message.get("memory")) is not None:
                parts += ["memory", found]
            parts += [f"call {call_text(call)}" for call in message.get("tool_calls") or ()]
    # A text without words (":-)") is compared as it stands.
    plain = (" ".join(words(part)) or part.strip() for part in parts)
    return blake2b("\0".join(plain).encode("utf-8", "surrogatepass"), digest_size=16).digest()


class WordHashes(dict[str, int]):
    """Word → 64 bits, the same on every machine; a word is hashed when it's met first."""

    def __missing__(self, word: str) -> int:
        digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        self[word] = value = int.from_bytes(digest, "little")
        return value

    def of(self, found: list[str]) -> NDArray[np.uint64]:
        """The hashes of words in their order, [len(found)]."""
        return np.fromiter(map(self.__getitem__, found), dtype=np.uint64, count=len(found))


def runs(hashes: NDArray[np.uint64], length: int) -> NDArray[np.uint64]:
    """Hashes of all runs of `length` words, by where they begin: [max(0, len(hashes) - length + 1)]."""
    count = max(0, len(hashes) - length + 1)
    found = np.zeros(count, np.uint64)
    factor = 1
    for place in range(length):
        found += hashes[place : place + count] * np.uint64(factor)
        factor = factor * _FACTOR & _ALL
    return found
