"""From paths to a changed collection: what is new, what is another, what is gone.

Contract: a file whose stamp is as it was isn't opened; one whose content is as it was isn't parsed. What
can't be read any more isn't in the collection. Files that another path brought are left alone, unless they
are found again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from langchain_core.documents import Document

from homespun.errors import HomespunError, UsageError
from rag.chunk.chunker import Chunker
from rag.library.manifest import Manifest
from rag.library.records import Record
from rag.library.report import Progress, Report
from rag.library.units import of_document, of_parsed, title_of
from rag.library.writer import Draft, OnProgress
from rag.load.parse import parse
from rag.load.sources import NO_MATCH, Limits, Skipped, Source, absolute, find
from rag.parsed import Parsed, Unreadable

READING = 1
"""Raised when files are read or cut up in another way: what is unchanged is then read anew all the same."""
RACY_NS = 2_000_000_000
"""A file that was written so short before it was read may have been written again without a trace."""


@dataclass
class Plan:
    """What there is to do.

    Attributes:
        roots: the paths, absolute.
        read: files to read, since they're new or look different.
        gone: names of sources that were found by these paths before.
        skipped: why others weren't found fit to be read.
        unchanged: how many needn't be looked at.
        again: of these, what couldn't be read when it was last looked at, and why.
    """

    roots: list[str]
    read: list[Source] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    unchanged: int = 0
    again: dict[str, str] = field(default_factory=dict)

    def idle(self, known_roots: Iterable[str]) -> bool:
        """Says whether there is nothing to do."""
        return not self.read and not self.gone and set(self.roots) <= set(known_roots)


def plan(
    paths: Sequence[Path | str],
    manifest: Manifest,
    limits: Limits,
    progress: OnProgress,
    *,
    own: Path,
    again: bool = False,
    fresh: bool = False,
) -> Plan:
    """Looks at the files of `paths` without reading them.

    Args:
        paths: files, folders, globs or archives.
        manifest: what was there before.
        limits: of the files that are read.
        progress: hears how far it is.
        own: the folder of the library itself, which isn't looked into.
        again: whether these are paths that were there once; one that isn't there any more has no files.
        fresh: whether stamps tell nothing.

    Raises:
        UsageError: there is no such path.
    """
    known = manifest.known()
    made = Plan(roots=[absolute(path) for path in paths])
    found: set[str] = set()
    ours = {f"{place.as_posix()}/" for place in (own, own.resolve())}
    for number, one in enumerate(_found(paths, limits, made, again), 1):
        if one.name in found or one.name.startswith(tuple(ours)):
            continue
        found.add(one.name)
        record = known.get(one.name)
        if isinstance(one, Skipped):
            if one.name == one.root and one.reason == NO_MATCH and not again:
                raise UsageError(f"{one.root} {NO_MATCH}.")
            made.skipped[one.name] = one.reason
            if record is not None:
                made.gone.append(one.name)
        elif fresh or record is None or record.stamp != f"{READING}:{one.stamp}":
            made.read.append(one)
        elif record.reason is not None:
            made.again[one.name] = record.reason
        else:
            made.unchanged += 1
        if number % 500 == 0:
            progress(Progress("looking", number))
    mine = set(made.roots)
    made.gone += [
        name
        for name, record in known.items()
        if name not in found and (record.root in mine or (_below(name, mine) and not _there(name)))
    ]
    made.gone.sort()
    return made


def _found(
    paths: Sequence[Path | str], limits: Limits, made: Plan, again: bool
) -> Iterator[Source | Skipped]:
    if not again:
        yield from find(paths, limits=limits)
        return
    for path in paths:
        try:
            yield from find([path], limits=limits)
        except (UsageError, OSError):
            made.skipped[str(path)] = "isn't there any more, or can't be reached"


def _below(name: str, roots: set[str]) -> bool:
    """Whether a source lies in one of these folders or archives."""
    return any(name.startswith((f"{root}/", f"{root}!/")) for root in roots)


def _there(name: str) -> bool:
    return Path(name.partition("!/")[0]).exists()


class Reading:
    """Reads the files of a plan into a draft.

    Args:
        made: what is to be done.
        manifest: what was there before.
        chunker: cuts sources up.
        report: counts.
        progress: hears how far it is.
        fresh: whether what has the same content as before is parsed all the same.
    """

    def __init__(
        self,
        made: Plan,
        manifest: Manifest,
        chunker: Chunker,
        report: Report,
        progress: OnProgress,
        *,
        fresh: bool = False,
    ) -> None:
        self._plan, self._manifest, self._chunker = made, manifest, chunker
        self._report, self._progress, self._fresh = report, progress, fresh

    def __call__(self, draft: Draft) -> None:
        """Puts what is new or different, removes what is gone."""
        known = self._manifest.known()
        for root in self._plan.roots:
            draft.change.put_root(root)
        lost = []
        for number, source in enumerate(self._plan.read):
            self._progress(Progress("reading", number, len(self._plan.read), source.name))
            try:
                self._one(source, known.get(source.name), draft)
            except Unreadable as error:  # it can't even be opened
                self._report.skipped[source.name] = str(error)
                if source.name in known:
                    lost.append(source.name)
        gone = [*self._plan.gone, *lost]
        draft.remove(gone)
        self._report.removed += [name for name in gone if known[name].reason is None]

    def _one(self, source: Source, before: Record | None, draft: Draft) -> None:
        began = time.time_ns()
        data = source.read()
        stamp = f"{READING}:{source.stamp}" if source.modified < began - RACY_NS else ""
        content = content_hash(data)
        if before is not None and before.hash == content and not self._fresh:
            draft.change.touch(source.name, source.root, stamp)
            if before.reason is None:
                self._report.unchanged += 1
            else:
                self._report.skipped[source.name] = before.reason
            return
        old: Mapping[str, Document] = {}
        if before is not None:
            old = {str(chunk.id): chunk for chunk in self._manifest.chunks_of(source.name)}
        try:
            parsed = parse(source.name, data)
            chunks = of_parsed(source.name, parsed, self._chunker)
            if not chunks:
                raise Unreadable("holds no text")
        except Unreadable as error:
            self._report.skipped[source.name] = str(error)
            if before is not None and before.reason is None:
                self._report.removed.append(source.name)
            refused = Record(source.name, source.root, stamp, content, {}, str(error))
            draft.put(refused, "", [], old)
            return
        record = Record(source.name, source.root, stamp, content, about(source.name, parsed))
        draft.put(record, parsed.text, chunks, old, parsed.origin.runs)
        if before is None:
            self._report.added.append(source.name)
        elif before.hash == content:
            self._report.unchanged += 1
        else:
            self._report.changed.append(source.name)


def content_hash(data: bytes) -> str:
    """Returns a hash of a file's content and of how files are read."""
    return hashlib.sha256(f"{READING}\0".encode() + data).hexdigest()


def about(name: str, parsed: Parsed) -> dict[str, object]:
    """Returns what a record keeps of a source beside its text and origin."""
    return {
        "title": title_of(name, parsed),
        "media": parsed.media,
        "metadata": parsed.metadata,
        "pages": [[page.number, page.start, page.end] for page in parsed.pages],
    }


def put_documents(
    documents: Sequence[Document], manifest: Manifest, report: Report
) -> Callable[[Draft], None]:
    """Returns the work that puts documents as they are, one chunk each.

    Each is a source of its own, named by its id, else by its metadata's `source`; a name that's there already
    is replaced.

    Raises:
        HomespunError: one has neither, two have the same, or metadata can't be kept.
    """
    named: dict[str, list[Document]] = {}
    for document in documents:
        name = document.id or document.metadata.get("source")
        if not name or not isinstance(name, str):
            raise HomespunError("A document needs an id, or a source in its metadata, to be known by.")
        if name in named:
            raise HomespunError(f"Two documents are called {name}.")
        named[name] = of_document(name, document)
    known = manifest.known()

    def work(draft: Draft) -> None:
        for name, chunks in named.items():
            text = chunks[0].page_content
            content = hashlib.sha256(
                repr((text, chunks[0].metadata)).encode(errors="surrogatepass")
            ).hexdigest()
            before = known.get(name)
            if before is not None and before.hash == content:
                report.unchanged += 1
                continue
            old = {str(chunk.id): chunk for chunk in manifest.chunks_of(name)} if before else {}
            title = str(chunks[0].metadata.get("title", ""))
            draft.put(
                Record(name, "", "", content, {"title": title, "media": "text/plain"}), text, chunks, old
            )
            (report.added if before is None else report.changed).append(name)

    return work
