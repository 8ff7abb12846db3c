"""FAISS's indexes in memory: rows by number, the nearest to a vector, and rows that are gone.

Contract: numbers only grow. What is removed stays inside, is never found, and goes when the index is made
anew, which its owner does when `dead` says so. A flat index is exact but for rounding; a graph (HNSW) is
approximate, and two graphs that were built of the same rows on several threads may find different ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from numpy import bool_, float32, int64
    from numpy.typing import NDArray

LINKS = 32
"""Neighbours of a row in a graph (M); twice as many on its lowest level."""
BUILD_EFFORT = 128
"""Candidates looked at when a row is put into a graph (efConstruction)."""
EFFORT = 128
"""Candidates looked at in a search of a graph (efSearch), at least."""
_PASS = 65_536  # rows that are compared at once
_WHOLE = 4  # of rows more than a fourth, all are compared: picking them out would take longer


def library() -> Any:
    """Returns FAISS, which is imported when it's first needed, and whose stubs tell less than it has."""
    import faiss

    return faiss


@final
class Near:
    """Rows in memory.

    Args:
        width: numbers of a vector.
        graph: whether it's a graph; else it's flat.
    """

    def __init__(self, width: int, *, graph: bool = False) -> None:
        import numpy as np

        self.width, self.graph = width, graph
        self.numbers: NDArray[int64] = np.zeros(0, dtype=np.int64)
        """Of all rows, the dead ones too, ascending."""
        self._alive: NDArray[bool_] = np.zeros(0, dtype=bool)
        self.live = 0
        if graph:
            self.index: Any = library().IndexHNSWFlat(width, LINKS, library().METRIC_INNER_PRODUCT)
            self.index.hnsw.efConstruction = BUILD_EFFORT
        else:
            self.index = library().IndexFlatIP(width)

    @classmethod
    def of(cls, index: Any, numbers: NDArray[int64]) -> Near:
        """Returns a graph that was kept, and the numbers of its rows."""
        import numpy as np

        made = cls(index.d, graph=True)
        made.index, made.numbers = index, numbers
        made._alive, made.live = np.ones(len(numbers), dtype=bool), len(numbers)
        return made

    @property
    def dead(self) -> bool:
        """Says whether more than a fifth of the rows are gone."""
        return (len(self.numbers) - self.live) * 5 > len(self.numbers)

    def add(self, numbers: NDArray[int64], vectors: NDArray[float32]) -> None:
        """Adds rows: numbers ascending and above all that are there, vectors [n, width] of length 1."""
        import numpy as np

        if not len(numbers):
            return
        self.index.add(np.ascontiguousarray(vectors))
        self.numbers = np.concatenate([self.numbers, numbers])
        self._alive = np.concatenate([self._alive, np.ones(len(numbers), dtype=bool)])
        self.live += len(numbers)

    def keep(self, numbers: NDArray[int64]) -> None:
        """Removes all rows but these."""
        import numpy as np

        self._alive &= np.isin(self.numbers, numbers)
        self.live = int(self._alive.sum())

    def anew(self, *, graph: bool) -> Near:
        """Returns another index of the rows that are there."""
        made = Near(self.width, graph=graph)
        rows, places = self._rows(), self._alive.nonzero()[0]
        for start in range(0, len(places), _PASS):
            part = places[start : start + _PASS]
            made.add(self.numbers[part], rows[part])
        return made

    def search(self, vector: NDArray[float32], count: int) -> tuple[NDArray[int64], NDArray[float32]]:
        """Returns up to `count` numbers and cosines, best first."""
        import numpy as np

        count = min(count, self.live)
        if not count:
            return self.numbers[:0], np.zeros(0, dtype=np.float32)
        selector = None
        if self.live < len(self.numbers):
            bits = np.packbits(self._alive, bitorder="little")
            selector = library().IDSelectorBitmap(bits)
        if self.graph:
            params = library().SearchParametersHNSW(sel=selector, efSearch=max(EFFORT, 2 * count))
        else:
            params = library().SearchParameters(sel=selector)
        # One vector on one thread: more of them wait for each other, and where other work shares the cores
        # they do so for ten times as long as the search takes (measured at 100,000 rows: 11 ms, and 80 ms).
        threads = library().omp_get_max_threads()
        library().omp_set_num_threads(1)
        try:
            cosines, places = self.index.search(vector[None], count, params=params)
        finally:
            library().omp_set_num_threads(threads)
        found = places[0] >= 0
        if self.graph and found.sum() < count:  # not all of a graph is reached where much of it is dead
            return self.among(vector, count, self.numbers)
        return self.numbers[places[0][found]], cosines[0][found]

    def among(
        self, vector: NDArray[float32], count: int, numbers: NDArray[int64]
    ) -> tuple[NDArray[int64], NDArray[float32]]:
        """Does what `search` does among some rows only (numbers ascending); each of them is compared."""
        import numpy as np

        places = np.searchsorted(self.numbers, numbers)
        there = places < len(self.numbers)
        places = places[there][self.numbers[places[there]] == numbers[there]]
        places = places[self._alive[places]]
        rows = self._rows()
        if len(places) * _WHOLE > len(rows):
            cosines = (rows @ vector)[places]
        else:
            parts = [rows[places[start : start + _PASS]] @ vector for start in range(0, len(places), _PASS)]
            cosines = np.concatenate([*parts, np.zeros(0, dtype=np.float32)])
        if count < len(places):
            best = np.argpartition(-cosines, count - 1)[:count]
            places, cosines = places[best], cosines[best]
        order = np.lexsort((places, -cosines))
        return self.numbers[places[order]], cosines[order]

    def _rows(self) -> NDArray[float32]:
        """The vectors [n, width] where FAISS keeps them: good until the next `add`."""
        import numpy as np

        flat = library().downcast_index(self.index.storage) if self.graph else self.index
        count = int(flat.ntotal)
        if not count:
            return np.zeros((0, self.width), dtype=np.float32)
        rows: NDArray[float32] = (
            library().rev_swig_ptr(flat.get_xb(), count * self.width).reshape(count, self.width)
        )
        return rows
