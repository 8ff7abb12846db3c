"""Lazy tables of names: how a family (recipes, graphs, pages, …) lists what it has.

Contract: a row is ``name -> "module:ATTR"``. Listing names imports nothing; looking a name up imports that
one module. Order is the order of the rows.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

from homespun.errors import HomespunError, UnknownName

T = TypeVar("T")
MANY = 30
"""Names that aren't listed any more, but counted."""


class Table(Mapping[str, T], Generic[T]):
    """A mapping from names to objects that are imported when they are looked up.

    Args:
        family: what one row is called in messages, for example "recipe".
        rows: for each name the address of its object, ``"package.module:ATTR"``.
    """

    def __init__(self, family: str, rows: Mapping[str, str]) -> None:
        self.family = family
        self._rows = dict(rows)

    def __getitem__(self, name: str) -> T:
        """Imports and returns the object.

        Raises:
            UnknownName: if there is no such row; the line names the nearest ones.
            HomespunError: if the row's address leads nowhere (a mistaken plugin).
        """
        address = self.address(name)
        try:
            found: Any = pkgutil.resolve_name(address)
        except (ImportError, AttributeError, ValueError) as error:
            raise HomespunError(
                f"The {self.family} {name!r} can't be loaded from {address!r}: {error}."
            ) from error
        return found  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __repr__(self) -> str:
        return f"Table({self.family!r}, {self._rows!r})"

    def address(self, name: str) -> str:
        """Returns the address of a row without importing it.

        Raises:
            UnknownName: if there is no such row.
        """
        try:
            return self._rows[name]
        except KeyError:
            raise UnknownName(unknown(self.family, name, self._rows)) from None

    def listed(self) -> tuple[str, ...]:
        """Returns the names in order; imports nothing."""
        return tuple(self._rows)

    def with_rows(self, rows: Mapping[str, str]) -> Table[T]:
        """Returns a table that has `rows` as well (plugins); a row of the same name replaces ours."""
        return Table(self.family, {**self._rows, **rows})


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Returns the line for an unknown name: the nearest ones, or all of them when none is near."""
    names = list(known)
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    shown = name if len(name) <= 80 else name[:77] + "…"
    if near:
        return f"There is no {kind} {shown!r}. Did you mean {' or '.join(near)}?"
    if len(names) > MANY:
        return f"There is no {kind} {shown!r}. There are {len(names):,}, such as {', '.join(names[:3])}."
    if names:
        return f"There is no {kind} {shown!r}. There are: {', '.join(names)}."
    return f"There is no {kind} {shown!r}, and no other {kind} either."
