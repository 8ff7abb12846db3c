"""Which rows of a file a filter lets through, remembered for the filters that were asked last.

Contract: rows never change, so what was let through stays so until it's removed; only rows that are new are
asked. Numbers of removed rows may come out. The methods are for one thread at a time.
"""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict
from typing import TYPE_CHECKING, final

from rag.stores.filters import Filter, parse, to_sql

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

FILTERS = 32
"""How many are remembered."""
_ASKED = 500


@final
class Sieve:
    """Filters and what they let through of one file."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[NDArray[int64], int]] = OrderedDict()

    def clear(self) -> None:
        """Forgets everything: the file is another one."""
        self._known.clear()

    def known(self, asked: Filter) -> NDArray[int64] | None:
        """Returns what the filter let through when it was last asked of all rows; None where it wasn't."""
        found = self._known.get(_key(asked))
        return None if found is None else found[0]

    def all(self, connection: sqlite3.Connection, asked: Filter, last: int) -> NDArray[int64]:
        """Returns the numbers that the filter lets through, ascending.

        Args:
            connection: to the file.
            asked: the filter.
            last: the highest number that any row has had.
        """
        import numpy as np

        key = _key(asked)
        numbers, seen = self._known.pop(key, (np.zeros(0, dtype=np.int64), 0))
        if seen < last:
            where, values = to_sql(asked)
            rows = connection.execute(
                f"SELECT number FROM rows WHERE number > ? AND {where} ORDER BY number", [seen, *values]
            )
            new = np.array([number for (number,) in rows], dtype=np.int64)
            numbers = np.concatenate([numbers, new])
        self._known[key] = numbers, last
        while len(self._known) > FILTERS:
            self._known.popitem(last=False)
        return numbers

    def among(self, connection: sqlite3.Connection, asked: Filter, numbers: NDArray[int64]) -> NDArray[int64]:
        """Returns which of some numbers the filter lets through."""
        import numpy as np

        where, values = to_sql(asked)
        found: list[int] = []
        for start in range(0, len(numbers), _ASKED):
            part = json.dumps(numbers[start : start + _ASKED].tolist())
            rows = connection.execute(
                f"SELECT number FROM rows WHERE number IN (SELECT value FROM json_each(?)) AND {where}",
                [part, *values],
            )
            found += [number for (number,) in rows]
        return np.array(found, dtype=np.int64)


def _key(asked: Filter) -> str:
    """The same for filters that say the same in the same words; 1, 1.0 and True are apart."""
    return repr(parse(asked))
