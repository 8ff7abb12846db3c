"""Vectors in one SQLite file, searched by FAISS in memory.

Contract: the file ``vectors.sqlite`` is the truth. FAISS proposes numbers of rows; which of them are there,
and how near, is read in the file. Several processes may read and write it: a search sees what was written
before it began. Up to `flat_up_to` rows a search is exact; beyond, a graph (HNSW) is asked, which is kept
beside the file.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from homespun.errors import HomespunError, UsageError
from rag.stores import kept
from rag.stores.audit import audit
from rag.stores.base import Store
from rag.stores.filters import Filter
from rag.stores.near import Near
from rag.stores.rows import Rows
from rag.stores.sieve import Sieve

if TYPE_CHECKING:
    from numpy import float32, int64
    from numpy.typing import NDArray

FILE = "vectors.sqlite"
FLAT_UP_TO = 200_000
_ASKED = 500  # ids in one question: below SQLite's oldest limit of bound parameters
_READ = 8192  # rows read at once
_WIDER = 16  # times as many rows are looked at before a filter is asked of all


@final
class FaissStore(Store):
    """A folder of vectors.

    Args:
        folder: made by the first write.
        embeddings: makes vectors of texts; None for a store that is only asked with vectors.
        read_only: whether writing is refused; no row and no graph is written then.
        model: the fingerprint of what makes the vectors; another's are refused.
        flat_up_to: rows up to which a search compares all.

    Raises:
        UsageError: if the vectors there are another model's.
        HomespunError: if the file can't be read.
    """

    def __init__(
        self,
        folder: Path | str,
        embeddings: Embeddings | None = None,
        *,
        read_only: bool = False,
        model: str | None = None,
        flat_up_to: int = FLAT_UP_TO,
    ) -> None:
        super().__init__(embeddings)
        self.folder = Path(folder)
        self.model, self.flat_up_to = model, flat_up_to
        self._rows = Rows(self.folder / FILE, read_only=read_only)
        self._lock = threading.RLock()
        self._sieve = Sieve()
        self._near: Near | None = None
        self._unsound: set[int] = set()
        self._state: tuple[int, int] | None = None  # which opening of the file, and which version of it
        self._last = 0  # the highest number that was read
        self._saved = 0  # rows of the graph that is kept
        self._closed = False
        with self._reading() as connection:
            if connection is not None:
                self._check_model(connection)

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._closed = True
            self._near, self._state = None, None
            self._rows.close()

    def settle(self) -> None:
        """Reads what is new, and makes the graph once there is so much that one is needed: minutes."""
        with self._reading() as connection:
            if connection is not None:
                self._near_now(connection)

    def ids(self) -> set[str]:
        """Returns all ids."""
        with self._reading() as connection:
            return (
                set() if connection is None else {one for (one,) in connection.execute("SELECT id FROM rows")}
            )

    def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[float32]]:
        """Returns the sound vectors of these ids, [width] each, of length 1; missing ones are left out."""
        found: dict[str, NDArray[float32]] = {}
        with self._reading() as connection:
            if connection is None:
                return found
            width = _width(connection)
            for one, blob in _among(connection, "id, vector", ids):
                row = _sound(blob, width)
                if row is not None:
                    found[one] = row
        return found

    def faults(self) -> dict[str, str]:
        """Returns the ids of what can't be found by its vector, and why: reads everything."""
        with self._reading() as connection:
            return {} if connection is None else audit(connection, _width(connection))

    def _put(self, documents: Sequence[Document], vectors: NDArray[float32]) -> None:
        width = vectors.shape[1]
        with self._writing() as connection:
            if connection.execute("SELECT 1 FROM rows LIMIT 1").fetchone() is None:
                connection.execute("DELETE FROM meta WHERE key IN ('width', 'model')")
            self._check_model(connection)
            there = _width(connection)
            if there is not None and there != width:
                raise UsageError(
                    f"The vectors have {width} numbers, and those in {self.folder} {there}. "
                    "Index anew to change that."
                )
            facts = [("width", str(width)), *([("model", self.model)] if self.model is not None else [])]
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts)
            # Not replaced in place: whoever has read so far looks for what is new above the highest number.
            connection.executemany(
                "DELETE FROM rows WHERE id = ?", [(document.id,) for document in documents]
            )
            connection.executemany(
                "INSERT INTO rows (id, text, metadata, vector) VALUES (?, ?, ?, ?)",
                (
                    (one.id, one.page_content, json.dumps(one.metadata, ensure_ascii=False), row.tobytes())
                    for one, row in zip(documents, vectors.astype("<f4", copy=False), strict=True)
                ),
            )

    def _remove(self, ids: Sequence[str] | None) -> None:
        if not self._rows.path.is_file():
            return
        with self._writing() as connection:
            if ids is None:
                connection.execute("DELETE FROM rows")
            else:
                connection.executemany("DELETE FROM rows WHERE id = ?", [(one,) for one in ids])

    def _documents(self, ids: Sequence[str]) -> dict[str, Document]:
        with self._reading() as connection:
            if connection is None:
                return {}
            return {
                one: Document(id=one, page_content=text, metadata=self._about(one, metadata))
                for one, text, metadata in _among(connection, "id, text, metadata", ids)
            }

    def _about(self, one: str, metadata: str) -> dict[str, Any]:
        try:
            about: dict[str, Any] = json.loads(metadata)
        except (ValueError, TypeError) as error:
            raise HomespunError(
                f"The metadata of {one} in {self._rows.path} is damaged. Delete the file and index again."
            ) from error
        return about

    def _candidates(
        self,
        vector: NDArray[float32],
        count: int,
        filter: Filter | None,  # noqa: A002
    ) -> list[tuple[str, float]]:
        with self._reading() as connection:
            if connection is None:
                return []
            near = self._near_now(connection)
            if near is None or not near.live:
                return []
            if len(vector) != near.width:
                raise UsageError(
                    f"The vector has {len(vector)} numbers, and those in {self.folder} {near.width}."
                )
            numbers, cosines = self._search(connection, near, vector, count, filter)
            asked = numbers.tolist()
            names: dict[int, str] = dict(_among(connection, "number, id", asked, "number"))
            return [
                (names[number], cosine)
                for number, cosine in zip(asked, cosines.tolist(), strict=True)
                if number in names
            ]

    def _search(
        self,
        connection: sqlite3.Connection,
        near: Near,
        vector: NDArray[float32],
        count: int,
        filter: Filter | None,  # noqa: A002
    ) -> tuple[NDArray[int64], NDArray[float32]]:
        import numpy as np

        if filter is None:
            return near.search(vector, count)
        through = self._sieve.known(filter)
        if through is None:
            # Most filters let enough of the nearest through, and a few rows are soon asked.
            numbers, cosines = near.search(vector, _WIDER * count)
            held = np.isin(numbers, self._sieve.among(connection, filter, numbers))
            if held.sum() >= count or len(numbers) == near.live:
                return numbers[held][:count], cosines[held][:count]
        return near.among(vector, count, self._sieve.all(connection, filter, self._last))

    def _near_now(self, connection: sqlite3.Connection) -> Near | None:
        """The index, brought up to what the transaction sees."""
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        state = (self._rows.opened, version)
        if self._state == state:
            return self._near
        width = _width(connection)
        if (
            self._state is None
            or self._state[0] != state[0]
            or self._near is None
            or self._near.width != width
        ):
            self._near, self._last, self._saved = None, 0, 0
            self._unsound.clear()
            self._sieve.clear()
        if width is None:
            return None
        (count,) = connection.execute("SELECT count(*) FROM rows").fetchone()
        near = self._near
        if near is None:
            near = self._begin(connection, width, count > self.flat_up_to)
        begun = near is not self._near  # a graph that was kept knows nothing of what went since
        self._read_new(connection, near)
        if begun or near.live + len(self._unsound) != count:
            self._forget(connection, near)
        if near.dead or (not near.graph and near.live > self.flat_up_to):
            near, self._saved = near.anew(graph=near.live > self.flat_up_to), 0
        self._near, self._state = near, state
        self._save(connection, near)
        return near

    def _begin(self, connection: sqlite3.Connection, width: int, graph: bool) -> Near:
        if graph:
            row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'rows'").fetchone()
            found = kept.load(self.folder, _meta(connection, "store") or "", width, row[0] if row else 0)
            if found is not None:
                self._saved, self._last = len(found.numbers), int(found.numbers[-1])
                return found
        return Near(width, graph=graph)

    def _read_new(self, connection: sqlite3.Connection, near: Near) -> None:
        import numpy as np

        rows = connection.execute(
            "SELECT number, vector FROM rows WHERE number > ? ORDER BY number", (self._last,)
        )
        size = near.width * 4
        while part := rows.fetchmany(_READ):
            whole = [len(blob) == size if isinstance(blob, bytes) else False for _, blob in part]
            numbers = np.array(
                [number for (number, _), good in zip(part, whole, strict=True) if good], dtype=np.int64
            )
            data = b"".join([blob for (_, blob), good in zip(part, whole, strict=True) if good])
            vectors = np.frombuffer(data, dtype="<f4").reshape(-1, near.width)
            lengths = np.einsum("ij,ij->i", vectors, vectors)
            good = np.isfinite(lengths) & (lengths > 0)
            near.add(numbers[good], vectors[good])
            self._unsound.update({number for number, _ in part} - set(numbers[good].tolist()))
            self._last = part[-1][0]

    def _forget(self, connection: sqlite3.Connection, near: Near) -> None:
        import numpy as np

        numbers = np.array(
            [number for (number,) in connection.execute("SELECT number FROM rows")], dtype=np.int64
        )
        near.keep(numbers)
        self._unsound = set(np.setdiff1d(numbers, near.numbers).tolist())

    def _save(self, connection: sqlite3.Connection, near: Near) -> None:
        """Keeps the graph when a twentieth of it would have to be built again."""
        new = len(near.numbers) - self._saved
        if near.graph and not self._rows.read_only and near.live and new * 20 >= len(near.numbers):
            kept.save(self.folder, _meta(connection, "store") or "", near)
            self._saved = len(near.numbers)  # also where it couldn't be: it would be tried at every search

    def _check_model(self, connection: sqlite3.Connection) -> None:
        there = _meta(connection, "model")
        if self.model is None or there is None or there == self.model:
            return
        if connection.execute("SELECT 1 FROM rows LIMIT 1").fetchone() is not None:
            raise UsageError(
                f"The vectors in {self.folder} are of the model {there}, not of {self.model}. Index anew to "
                "change the model."
            )

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        with self._lock:
            self._check_open()
            with self._rows.reading() as connection:
                yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._check_open()
            with self._rows.writing() as connection:
                yield connection
            if self._state is not None:
                self._state = (self._state[0], -1)  # SQLite tells a connection of others' changes only

    def _check_open(self) -> None:
        if self._closed:
            raise UsageError(f"The vector store {self.folder} is closed.")


def build(
    argument: str,
    *,
    folder: Path,
    name: str,  # noqa: ARG001
    embeddings: Embeddings | None,
    model: str | None,
    read_only: bool,
) -> Store:
    """Opens the store in `folder`; there is nothing to say behind the address.

    Raises:
        UsageError: if there is.
    """
    if argument:
        raise UsageError(f"The vector store faiss takes nothing behind its name, and there is {argument!r}.")
    return FaissStore(folder, embeddings, read_only=read_only, model=model)


def _meta(connection: sqlite3.Connection, key: str) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def _width(connection: sqlite3.Connection) -> int | None:
    width = _meta(connection, "width")
    return None if width is None else int(width)


def _among(
    connection: sqlite3.Connection, columns: str, keys: Sequence[str] | Sequence[int], name: str = "id"
) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(keys), _ASKED):
        part = list(keys[start : start + _ASKED])
        marks = ",".join("?" * len(part))
        yield from connection.execute(f"SELECT {columns} FROM rows WHERE {name} IN ({marks})", part)


def _sound(blob: object, width: int | None) -> NDArray[float32] | None:
    import numpy as np

    if not isinstance(blob, bytes) or width is None or len(blob) != 4 * width:
        return None
    row: NDArray[float32] = np.frombuffer(blob, dtype="<f4")
    return row if np.isfinite(row).all() and row.any() else None
