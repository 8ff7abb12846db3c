"""Embeddings that are computed once a text: kept in a SQLite file, by the hash of the text and the model.

Contract: what was computed is on disk after every batch, so that work that is stopped loses a batch at most.
Several processes may share a file. The file holds vectors and hashes, no texts. It grows to a bound; then
what was used longest ago goes. A file that can't be used (damaged, read-only, no room) costs speed, never an
answer.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

from homespun.errors import HomespunError

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

BATCH = 128
"""Texts that are embedded together."""
BOUND = 2 * 1024**3
"""Bytes of vectors in the file, at most."""
_ASKED = 500  # hashes in one question: below SQLite's oldest limit of bound parameters
_FRESH = 86_400  # seconds in which use isn't noted again: a note rewrites the row
_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (
    hash BLOB PRIMARY KEY, vector BLOB NOT NULL, crc INTEGER NOT NULL, used REAL NOT NULL
)
"""


class CachedEmbeddings(Embeddings):
    """Another's embeddings, remembered.

    Args:
        embeddings: who computes; a `LocalEmbeddings`, or any of LangChain's.
        model: what the vectors depend on, such as the encoder's fingerprint.
        path: the file; None remembers nothing.
        bound: bytes of vectors in the file, at most.
    """

    def __init__(
        self, embeddings: Embeddings, model: str, path: Path | None = None, bound: int = BOUND
    ) -> None:
        self.inner, self.model, self.path, self.bound = embeddings, model, path, bound
        self.computed = 0
        """Texts that were embedded since this object was made."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text, as Python floats."""
        rows: list[list[float]] = self.embed(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question; not kept, as it's hardly asked twice."""
        return self.inner.embed_query(text)

    def embed(
        self, texts: Sequence[str], progress: Callable[[int], None] = lambda _: None, *, again: bool = False
    ) -> NDArray[float32]:
        """The vectors of texts, [n, width], float32.

        Args:
            texts: any number; equal ones are embedded once.
            progress: called with how many texts are done, after each batch.
            again: whether what is kept counts for nothing, and is replaced.

        Raises:
            HomespunError: a vector is zero or not finite. Whatever the encoder raises is raised too.
        """
        import numpy as np

        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        hashes = [
            hashlib.sha256(f"{self.model}\0{text}".encode(errors="surrogatepass")).digest() for text in texts
        ]
        found: dict[bytes, NDArray[float32]] = {}
        lacking = dict(zip(hashes, texts, strict=True))
        for one, vector, crc in [] if again else self._kept(list(lacking)):
            if zlib.crc32(vector) != crc:
                continue  # damaged: it's computed and written anew
            found[one] = np.frombuffer(vector, dtype=np.float32)
            del lacking[one]
        progress(len(texts) - len(lacking))
        # Like lengths together, so that passes are full; the long ones first, so that what is said to be left
        # is not less than it turns out.
        left = sorted(lacking.items(), key=lambda pair: -len(pair[1]))
        for start in range(0, len(left), BATCH):
            part = left[start : start + BATCH]
            rows = self._compute([text for _, text in part])
            for (_, text), row in zip(part, rows, strict=True):
                if not np.isfinite(row).all() or not row.any():
                    raise HomespunError(f"The encoder gave no vector that can be used for {text[:60]!r}.")
            self.computed += len(part)
            found |= {one: row for (one, _), row in zip(part, rows, strict=True)}
            self._keep([(one, row.tobytes()) for (one, _), row in zip(part, rows, strict=True)])
            progress(len(texts) - len(left) + start + len(part))
        return np.stack([found[one] for one in hashes])

    def _compute(self, texts: list[str]) -> NDArray[float32]:
        import numpy as np

        from models.encoders.embed import LocalEmbeddings

        if isinstance(self.inner, LocalEmbeddings):
            return self.inner.embed(texts)  # without the way over Python's floats
        return np.asarray(self.inner.embed_documents(texts), dtype=np.float32)

    def _kept(self, hashes: Sequence[bytes]) -> list[tuple[bytes, bytes, int]]:
        rows: list[tuple[bytes, bytes, int]] = []
        try:
            with self._file() as file:
                if file is None:
                    return []
                for start in range(0, len(hashes), _ASKED):
                    part = hashes[start : start + _ASKED]
                    marks = ",".join("?" * len(part))
                    rows += file.execute(
                        f"SELECT hash, vector, crc FROM vectors WHERE hash IN ({marks})", part
                    )
                    now = time.time()
                    file.execute(
                        f"UPDATE vectors SET used = ? WHERE used < ? AND hash IN ({marks})",
                        (now, now - _FRESH, *part),
                    )
        except sqlite3.Error:
            pass  # what was read is good all the same
        return rows

    def _keep(self, rows: Sequence[tuple[bytes, bytes]]) -> None:
        try:
            with self._file() as file:
                if file is None:
                    return
                now = time.time()
                file.executemany(
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)",
                    [(one, vector, zlib.crc32(vector), now) for one, vector in rows],
                )
                self._shrink(file, len(rows[0][1]))
        except sqlite3.Error:
            pass

    def _shrink(self, file: sqlite3.Connection, size: int) -> None:
        """Takes out what was used longest ago, a tenth at a time, as counting takes long."""
        (pages,) = file.execute("PRAGMA page_count").fetchone()
        (free,) = file.execute("PRAGMA freelist_count").fetchone()
        (page,) = file.execute("PRAGMA page_size").fetchone()
        if (pages - free) * page <= self.bound:
            return
        many = max(1, self.bound // 10 // (size + 50))
        file.execute(
            "DELETE FROM vectors WHERE hash IN (SELECT hash FROM vectors ORDER BY used LIMIT ?)", (many,)
        )

    @contextmanager
    def _file(self) -> Iterator[sqlite3.Connection | None]:
        if self.path is None:
            yield None
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise sqlite3.OperationalError(str(error)) from error
        with closing(sqlite3.connect(self.path, timeout=15)) as file:
            file.execute("PRAGMA journal_mode=WAL")
            # A machine without power may lose the last batches: they'd be computed again.
            file.execute("PRAGMA synchronous=NORMAL")
            file.execute(_SCHEMA)
            with file:
                yield file
