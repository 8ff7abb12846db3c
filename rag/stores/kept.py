"""A graph in a file, so that it isn't built again at every start.

Contract: the file is a convenience: one that is damaged, of another store or gone costs time, never an
answer. It's named after its last row. Layout: a line of JSON, the rows' numbers (int64), FAISS's bytes, and
their SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from homespun.errors import OutOfSpace
from homespun.files import atomic_stream
from rag.stores.near import Near, library

_NAME = re.compile(r"graph-(\d+)\.faiss")
_DIGEST = 32
_PART = 1 << 20
_OLD = 3600  # seconds after which nobody is still writing a file


def save(folder: Path, store: str, near: Near) -> bool:
    """Keeps a graph beside its store, and removes older ones; returns whether that could be done.

    Args:
        folder: of the store.
        store: what tells it from all other stores.
        near: a graph with a row at least.
    """
    faiss, last = library(), int(near.numbers[-1])
    path = folder / f"graph-{last}.faiss"
    head = json.dumps({"store": store, "width": near.width, "rows": len(near.numbers)})
    try:
        with atomic_stream(path) as stream:
            hashed = _Hashed(stream)
            hashed.write(f"{head}\n".encode())
            hashed.write(near.numbers.tobytes())
            faiss.write_index(near.index, faiss.PyCallbackIOWriter(hashed.write))
            stream.write(hashed.digest())
    except (OSError, OutOfSpace, RuntimeError):
        return False
    for number, old in _kept(folder):
        if number != last:
            with suppress(OSError):
                old.unlink()
    for left in folder.glob(".graph-*.tmp"):  # of who was killed while it wrote
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _OLD:
                left.unlink()
    return True


def load(folder: Path, store: str, width: int, last: int) -> Near | None:
    """Returns the newest sound graph of the store, or None.

    Args:
        folder: of the store.
        store: what tells it from all other stores.
        width: of its vectors.
        last: the highest number that any of its rows has had.
    """
    for number, path in _kept(folder):
        if number <= last:
            with suppress(OSError, ValueError, RuntimeError, KeyError):
                found = _load(path, store, width)
                if found is not None:
                    return found
    return None


def _load(path: Path, store: str, width: int) -> Near | None:
    import numpy as np

    faiss = library()

    with path.open("rb") as stream:
        head = json.loads(stream.readline(4096))
        if head["store"] != store or head["width"] != width:
            return None
        # FAISS trusts what it reads, so it's compared first.
        stream.seek(0)
        left, digest = os.fstat(stream.fileno()).st_size - _DIGEST, hashlib.sha256()
        while left > 0 and (part := stream.read(min(_PART, left))):
            digest.update(part)
            left -= len(part)
        if stream.read(_DIGEST) != digest.digest():
            return None
        stream.seek(0)
        stream.readline()
        numbers = np.frombuffer(stream.read(8 * head["rows"]), dtype=np.int64)
        index = faiss.read_index(faiss.PyCallbackIOReader(stream.read))
    if index.d != width or index.ntotal != len(numbers):
        return None
    return Near.of(index, numbers)


def _kept(folder: Path) -> list[tuple[int, Path]]:
    """The graphs in a folder by their last row, the newest first."""
    found = [(int(match[1]), path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    return sorted(found, reverse=True)


class _Hashed:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._hash = stream, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        return self._stream.write(data)

    def digest(self) -> bytes:
        return self._hash.digest()
