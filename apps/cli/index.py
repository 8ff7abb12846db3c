"""`homespun index`: put documents into a collection, keep it up to date, see that it's whole."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.cli.options import AsJson, CollectionName
from apps.cli.output import complain, emit, note, printable
from homespun.errors import Cancelled, UsageError
from rag.library import DEFAULT

if TYPE_CHECKING:
    from rag.library.collection import Collection
    from rag.library.report import Progress, Report
    from rag.library.verify import Fault

FAULTY = 1
SHOWN = 20
"""Skipped files that are listed without --json, unless there are few more."""


def index(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH...]",
            help="Files, folders, globs or zip archives; none: those that were indexed before.",
        ),
    ] = None,
    collection: CollectionName = DEFAULT,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare records, vectors and words; change nothing.")
    ] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="With --verify: also compute some vectors again.")
    ] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what --verify finds.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Read everything anew, also what looks unchanged.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on: index whatever changes, until Ctrl-C.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Put documents into the library: `homespun index notes/ report.pdf`."""
    from apps import compose
    from homespun.settings import load_settings

    if any(not path.strip() for path in paths or ()):
        raise UsageError("A path is empty: name a file or a folder.")
    if deep and not verify:
        raise UsageError("--deep goes with --verify.")
    if (verify or repair) and (watch or fresh or (verify and repair)):
        raise UsageError("--verify, --repair, --fresh and --watch stand without each other.")
    if (verify or repair) and paths:
        raise UsageError("--verify and --repair are about a whole collection: leave the paths out.")
    settings = load_settings()
    with compose.open_library(settings) as library:
        if not paths and not (verify or repair) and not library.collections():
            raise UsageError("There is nothing to bring up to date yet: homespun index PATH.")
        chosen = library.collection(collection, make=bool(paths))
        shown = Shown()
        try:
            if verify or repair:
                faults = chosen.verify(deep, shown) if verify else chosen.repair(shown)
                shown.clear()
                return _tell_faults(chosen, faults, repair, as_json)
            report = chosen.index([Path(path) for path in paths or ()], shown, fresh=fresh)
            shown.clear()
            _tell(report, as_json)
            if watch:
                _watch(chosen, shown, as_json)
        except KeyboardInterrupt:
            raise Cancelled(
                "stopped; the collection is as it was, and what was embedded isn't embedded again"
            ) from None
        finally:
            shown.clear()
    return 0


class Shown:
    """Shows how far an index run is, on standard error."""

    def __init__(self) -> None:
        from apps.cli.bar import Bar

        self._bar = Bar()
        self._stage, self._began = "", 0.0

    def __call__(self, progress: Progress) -> None:
        """Shows where the run is, if it's time to."""
        now = time.monotonic()
        if progress.stage != self._stage:
            self._stage, self._began = progress.stage, now
            if progress.stage == "waiting":
                note("another process is changing this collection: waiting for it")
        share = progress.done / progress.total if progress.total else None
        self._bar.show(lambda: self._text(progress, now), share)

    def clear(self) -> None:
        """Takes the line away."""
        self._bar.clear()

    def _text(self, progress: Progress, now: float) -> str:
        from finetune.progress import duration

        parts = [progress.stage]
        if progress.total:
            parts.append(f"{progress.done:,}/{progress.total:,}")
            if 0 < progress.done < progress.total:
                left = (now - self._began) / progress.done * (progress.total - progress.done)
                parts.append(f"{duration(left)} left")
        elif progress.done:
            parts.append(f"{progress.done:,}")
        if progress.name:
            parts.append(progress.name if len(progress.name) <= 40 else f"…{progress.name[-39:]}")
        return " ".join(parts)


def _tell(report: Report, as_json: bool) -> None:
    if as_json:
        emit(report.as_dict())
        return
    skipped = list(report.skipped.items())
    shown = skipped if len(skipped) <= SHOWN + 5 else skipped[:SHOWN]
    for name, reason in shown:
        complain(f"skipped {name}: {reason}")
    if len(shown) < len(skipped):
        complain(f"and {len(skipped) - len(shown)} more; --json lists all")
    print(printable(summary(report)))


def summary(report: Report) -> str:
    """Returns a run in one line."""
    counts = {
        "new": len(report.added),
        "changed": len(report.changed),
        "unchanged": report.unchanged,
        "gone": len(report.removed),
        "skipped": len(report.skipped),
    }
    files = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count) or "nothing found"
    return (
        f"{report.collection}: {files}; {report.chunks:,} chunks, {report.new_chunks:,} new, "
        f"{report.embedded:,} embedded in {report.seconds:.1f} s"
    )


def _tell_faults(collection: Collection, faults: list[Fault], repaired: bool, as_json: bool) -> int:
    left = [fault for fault in faults if not (repaired and fault.mendable)]
    if as_json:
        emit(
            {"collection": collection.name, "whole": not left, "faults": [_plain(fault) for fault in faults]}
        )
    else:
        sources, chunks = collection.counts()
        for fault in faults:
            complain(f"{'mended' if repaired and fault.mendable else 'wrong'}: {fault}")
        if not left:
            print(printable(f"{collection.name} is whole: {sources:,} sources, {chunks:,} chunks"))
        elif not repaired and any(fault.mendable for fault in faults):
            complain("homespun index --repair mends it")
    return FAULTY if left else 0


def _plain(fault: Fault) -> dict[str, Any]:
    return {"part": fault.part, "what": fault.what, "ids": list(fault.ids), "mendable": fault.mendable}


def _watch(collection: Collection, shown: Shown, as_json: bool) -> None:
    from rag.library.watch import watch

    def done(report: Report) -> None:
        shown.clear()
        _tell(report, as_json)

    note(f"watching {len(collection.roots())} path(s); Ctrl-C ends it")
    try:
        watch(collection, threading.Event(), done, shown)
    except KeyboardInterrupt:
        note("no longer watching")
