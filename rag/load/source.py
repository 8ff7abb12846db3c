"""A file that can be read, or why one isn't."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from rag.load.limits import Limits, amount
from rag.load.packed import Packed
from rag.load.walk import said, special
from rag.parsed import Unreadable


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a member of an archive, that was found.

    Attributes:
        name: its absolute path as POSIX text; of a member ``archive.zip!/folder/file.md``.
        root: the path argument that it came from, absolute.
        path: of the file; of a member, the archive's.
        member: its name in the archive; None for a file.
        size: in bytes; of a member, as the archive states it.
        modified: nanoseconds since 1970; of a member, the archive's.
        stamp: tells an unchanged file without reading it: the same stamp, the same content.
        limits: of what is read.
        packed: where it lies in its archive.
    """

    name: str
    root: str
    path: Path
    member: str | None
    size: int
    modified: int
    stamp: str
    limits: Limits = field(repr=False)
    packed: Packed | None = field(default=None, repr=False, compare=False)

    def read(self) -> bytes:
        """Returns the content.

        Raises:
            Unreadable: it can't be opened, is another than it was, too large or damaged.
        """
        try:
            with open_regular(self.path) as stream:
                if self.packed is not None:
                    return self.packed.unpack(stream, self.limits)
                data = stream.read(self.limits.file_bytes + 1)
        except OSError as error:
            raise Unreadable(f"can't be read: {said(error)}") from error
        if len(data) > self.limits.file_bytes:
            raise Unreadable(too_large(len(data), self.limits))
        if not data:
            raise Unreadable("is empty")
        return data


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that isn't read.

    Attributes:
        name: as a source's.
        root: as a source's.
        reason: one line that goes on after the name: "is empty".
    """

    name: str
    root: str
    reason: str


def open_regular(path: Path) -> BinaryIO:
    """Opens a file for reading, and never waits for one that has become a pipe.

    Raises:
        OSError: it can't be opened.
        Unreadable: it isn't a regular file any more.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        reason = special(os.fstat(handle))
        if reason:
            raise Unreadable(reason)
        return open(handle, "rb")  # noqa: PTH123
    except BaseException:
        os.close(handle)
        raise


def too_large(size: int, limits: Limits) -> str:
    """Returns the reason for a file over the limit."""
    return f"is larger than {amount(limits.file_bytes)} ({amount(size)})"


def shown(path: str) -> str:
    """Returns a path as POSIX text that any encoding can hold; bytes that aren't UTF-8 are written out."""
    if os.sep != "/":
        path = path.replace(os.sep, "/")
    if path.isascii():
        return path
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def stamp(status: os.stat_result) -> str:
    """Returns what tells an unchanged file."""
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_ino}"
