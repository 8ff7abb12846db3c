"""Keeping a collection up to date while its files change."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from rag.library.collection import Collection
from rag.library.report import Report
from rag.library.writer import OnProgress

QUIET_MS = 300
"""A change is acted on when no other has come for so long; many at once are one."""
LOOK_MS = 1000
"""How often it's looked whether the paths themselves are others by now."""


def watch(
    collection: Collection,
    stop: threading.Event,
    done: Callable[[Report], None],
    progress: OnProgress = lambda _: None,
) -> None:
    """Indexes a collection's paths again whenever something below them changes, until `stop` is set.

    Args:
        collection: with at least one path that was indexed.
        stop: ends it, within a second or when the run that goes on is done.
        done: hears of every run that changed something.
        progress: hears how far a run is.

    Raises:
        HomespunError: what indexing raises.
    """
    skipped: dict[str, str] = {}

    def run() -> None:
        nonlocal skipped
        report = collection.index(progress=progress)
        if report.added or report.changed or report.removed or report.skipped.keys() - skipped.keys():
            done(report)
        skipped = report.skipped

    while not stop.is_set():
        roots = collection.roots()
        before = _places(roots)
        if not before:
            stop.wait(LOOK_MS / 1000)  # all of it is gone; it may come back
            if _places(collection.roots()):
                run()
            continue
        _follow(collection, roots, before, stop, run)


def _follow(
    collection: Collection,
    roots: Sequence[str],
    before: dict[str, int],
    stop: threading.Event,
    run: Callable[[], None],
) -> None:
    """Watches some paths until they're others, or it's stopped."""
    import watchfiles

    usual = watchfiles.DefaultFilter()
    own = tuple(f"{place}{os.sep}" for place in {collection.root, collection.root.resolve()})
    bases = tuple(_base(Path(root)) for root in roots)

    def ours(change: watchfiles.Change, path: str) -> bool:
        # Not what indexing itself writes, nor what lies beside a file that's watched by its folder.
        mine = any(path == str(base) or path.startswith(f"{base}{os.sep}") for base in bases)
        return mine and not path.startswith(own) and usual(change, path)

    changes = watchfiles.watch(
        *before,
        stop_event=stop,
        watch_filter=ours,
        step=QUIET_MS,
        rust_timeout=LOOK_MS,
        yield_on_timeout=True,
        recursive=any(base.is_dir() for base in bases),
        raise_interrupt=True,
        ignore_permission_denied=True,
    )
    run()  # what changed before the watch stood
    for found in changes:
        if found:
            run()
        if collection.roots() != list(roots) or _places(roots) != before:
            run()
            return


def _places(roots: Sequence[str]) -> dict[str, int]:
    """The folders that tell of the paths' changes, and which these are: one may be replaced by another."""
    found = {}
    for root in roots:
        base = _base(Path(root))
        # A file is replaced by another when it's saved: only its folder knows.
        place = base if base.is_dir() else base.parent
        if place.is_dir():
            found[str(place)] = place.stat().st_ino
    return found


def _base(root: Path) -> Path:
    """The part of a glob before its first sign."""
    while any(sign in str(root) for sign in "*?["):
        root = root.parent
    return root
