"""Keeping a collection up to date while its files change."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from rag.library.collection import Collection
from rag.library.report import Report
from rag.library.writer import Told

QUIET_MS = 300
"""A change is acted on when no other has come for so long; many at once are one."""


def watch(
    collection: Collection,
    stop: threading.Event,
    done: Callable[[Report], None],
    told: Told = lambda _: None,
) -> None:
    """Indexes a collection's paths again whenever something below them changes, until `stop` is set.

    Args:
        collection: with at least one path that was indexed.
        stop: ends it, within half a second or when the run that goes on is done.
        done: hears of every run that changed something.
        told: hears how far a run is.

    Raises:
        HomespunError: what indexing raises.
    """
    import watchfiles

    own = f"{collection.root}{os.sep}"
    places = {_watched(Path(root)) for root in collection.roots()}
    changes = watchfiles.watch(
        *sorted(place for place in places if place.exists()),
        # Else what indexing writes would be a change again.
        watch_filter=lambda _, path: not path.startswith(own),
        stop_event=stop,
        step=QUIET_MS,
        rust_timeout=400,
        yield_on_timeout=False,
        raise_interrupt=True,
        ignore_permission_denied=True,
    )
    for _ in changes:
        report = collection.index(told=told)
        if report.added or report.changed or report.removed:
            done(report)


def _watched(root: Path) -> Path:
    """The folder that tells of a path's changes: a file may be replaced by another, a glob names none."""
    while "*" in str(root) or "?" in str(root) or "[" in root.name:
        root = root.parent
    return root if root.is_dir() else root.parent
