"""All items of a store's namespace, however many: a store gives them by pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore, SearchItem

PAGE = 500


def every(store: BaseStore, place: tuple[str, ...]) -> Iterator[SearchItem]:
    """Yields the items whose namespace begins with `place`; what is changed meanwhile may be missed."""
    seen = 0
    while page := store.search(place, limit=PAGE, offset=seen):
        yield from page
        seen += len(page)
        if len(page) < PAGE:
            return
