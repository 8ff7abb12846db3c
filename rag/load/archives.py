"""What is in a zip archive.

Contract: only its list of members is read here. No name leads out of the archive, and an archive in an
archive stays closed.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from rag.load.junk import binary, is_junk, suffix_of
from rag.load.limits import Limits, amount
from rag.load.packed import DEFLATED, STORED, Packed, Tally
from rag.load.source import Skipped, Source, open_regular, shown, stamp, too_large
from rag.load.walk import said
from rag.parsed import Unreadable

BROKEN = (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, IndexError, struct.error)
"""What `zipfile` raises on a damaged archive."""

WORD = "word/document.xml"
"""The member that makes an archive a Word document."""


def members(path: Path, root: str, status: os.stat_result, limits: Limits) -> Iterator[Source | Skipped]:
    """Gives the members of an archive by name; the file itself if it's no archive but named as one."""
    archive = shown(str(path))
    try:
        with open_regular(path) as stream:
            if stream.read(2) != b"PK":
                yield plain(str(path), root, status, limits)
                return
            if status.st_size > limits.archive_bytes:
                yield Skipped(archive, root, f"is larger than {amount(limits.archive_bytes)}")
                return
            with zipfile.ZipFile(stream) as opened:
                listed = {info.filename: info for info in opened.infolist()}
    except OSError as error:
        yield Skipped(archive, root, f"can't be read: {said(error)}")
    except Unreadable as error:
        yield Skipped(archive, root, str(error))
    except BROKEN:
        yield Skipped(archive, root, "is a damaged zip archive")
    else:
        if WORD in listed:
            yield plain(str(path), root, status, limits)
        elif len(listed) > limits.members:
            yield Skipped(archive, root, f"has more than {limits.members:,} members")
        elif sum(info.file_size for info in listed.values()) > limits.archive_bytes:
            yield Skipped(archive, root, f"unpacks to more than {amount(limits.archive_bytes)}")
        else:
            tally = Tally()
            for name in sorted(listed):
                yield from _member(listed[name], f"{archive}!/{name}", path, root, status, limits, tally)


def _member(
    info: zipfile.ZipInfo,
    name: str,
    path: Path,
    root: str,
    status: os.stat_result,
    limits: Limits,
    tally: Tally,
) -> Iterator[Source | Skipped]:
    parts = info.filename.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or parts[0].endswith(":"):
        yield Skipped(shown(name), root, "has a name that leads out of its archive")
    elif any(is_junk(part) for part in parts) or info.is_dir():
        return
    elif reason := _refused(info, limits):
        yield Skipped(shown(name), root, reason)
    else:
        packed = Packed(info.header_offset, info.compress_size, info.compress_type, info.CRC, tally)
        yield Source(
            name=shown(name),
            root=root,
            path=path,
            member=info.filename,
            size=info.file_size,
            modified=status.st_mtime_ns,
            stamp=f"{stamp(status)}-{info.CRC:08x}",
            limits=limits,
            packed=packed,
        )


def _refused(info: zipfile.ZipInfo, limits: Limits) -> str | None:
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link in an archive"
    if suffix_of(info.filename) == ".zip":
        return "is an archive in an archive, which isn't opened"
    if what := binary(info.filename):
        return f"is {what}"
    if info.flag_bits & 1:
        return "is encrypted"
    if info.compress_type not in {STORED, DEFLATED}:
        return f"is packed in a way that isn't read (method {info.compress_type})"
    if info.file_size > limits.file_bytes:
        return too_large(info.file_size, limits)
    if not info.file_size:
        return "is empty"
    return None


def plain(path: str, root: str, status: os.stat_result, limits: Limits) -> Source | Skipped:
    """Returns a file as it is, unless it's empty or too large."""
    name = shown(path)
    if not status.st_size:
        return Skipped(name, root, "is empty")
    if status.st_size > limits.file_bytes:
        return Skipped(name, root, too_large(status.st_size, limits))
    return Source(
        name, root, Path(path), None, status.st_size, status.st_mtime_ns, stamp(status), limits, None
    )
