"""What lies below a folder.

Contract: sorted by name, folder by folder, links last. Links are followed within the folder only, and only to
what isn't found under its own name. Nothing is opened but folders.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator

from rag.load.junk import ENVIRONMENT, is_junk

Found = tuple[str, os.stat_result | str]
"""A path, and the status of a regular file there, or why it's none."""

_SPECIAL = {
    stat.S_IFIFO: "is a named pipe, not a file",
    stat.S_IFSOCK: "is a socket, not a file",
    stat.S_IFCHR: "is a device, not a file",
    stat.S_IFBLK: "is a device, not a file",
}


class Walk:
    """One folder.

    Args:
        top: its path; it may be a link itself.
    """

    def __init__(self, top: str) -> None:
        self._top = top
        self._real = os.path.realpath(top)
        self._folders: set[tuple[int, int]] = set()
        self._files: set[tuple[int, int]] = set()
        self._links: list[str] = []

    def __iter__(self) -> Iterator[Found]:
        """Gives each file, and a reason for what can't be one."""
        yield from self._below(self._top)
        while self._links:
            links, self._links = self._links, []
            for link in links:
                yield from self._link(link)

    def _below(self, folder: str) -> Iterator[Found]:
        # A list of iterators, not a recursion: folders may be nested as deep as the system lets them.
        open_folders = [self._entries(folder)]
        while open_folders:
            found = next(open_folders[-1], None)
            if found is None:
                open_folders.pop()
            elif isinstance(found, str):
                open_folders.append(self._entries(found))
            else:
                yield found

    def _entries(self, folder: str) -> Iterator[Found | str]:
        """Gives the files of a folder; for a folder in it, its path."""
        try:
            here = os.stat(folder)  # noqa: PTH116
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=_name)
        except OSError as error:
            yield folder, f"can't be listed: {said(error)}"
            return
        if (here.st_dev, here.st_ino) in self._folders:
            return
        self._folders.add((here.st_dev, here.st_ino))
        if folder != self._top and any(entry.name in ENVIRONMENT for entry in entries):
            return
        for entry in entries:
            if is_junk(entry.name):
                continue
            try:
                if entry.is_symlink():
                    self._links.append(entry.path)
                elif entry.is_dir(follow_symlinks=False):
                    yield entry.path
                else:
                    status = entry.stat(follow_symlinks=False)
                    self._files.add((status.st_dev, status.st_ino))
                    yield entry.path, special(status) or status
            except OSError as error:
                yield entry.path, said(error)

    def _link(self, link: str) -> Iterator[Found]:
        try:
            status = os.stat(link)  # noqa: PTH116
            real = os.path.realpath(link, strict=True)
        except OSError as error:
            yield (
                link,
                (
                    "is a link that leads in a circle"
                    if error.errno == errno.ELOOP
                    else "is a link that leads nowhere"
                    if error.errno == errno.ENOENT
                    else f"is a link that can't be followed: {said(error)}"
                ),
            )
            return
        if not _within(real, self._real):
            yield link, "is a link that leads out of the folder"
        elif stat.S_ISDIR(status.st_mode):
            if _within(os.path.realpath(os.path.dirname(link)), real):  # noqa: PTH120
                yield link, "is a link to a folder that holds it"
            elif (status.st_dev, status.st_ino) not in self._folders:
                yield from self._below(link)
        elif (status.st_dev, status.st_ino) not in self._files:
            self._files.add((status.st_dev, status.st_ino))
            yield link, special(status) or status


def special(status: os.stat_result) -> str | None:
    """Returns why a file that isn't a regular one isn't read; None for a regular one."""
    if stat.S_ISREG(status.st_mode):
        return None
    return _SPECIAL.get(stat.S_IFMT(status.st_mode), "isn't a regular file")


def said(error: OSError) -> str:
    """Returns what went wrong in a few words."""
    if error.errno in {errno.EACCES, errno.EPERM}:
        return "no permission"
    if error.errno in {errno.ENOENT, errno.ESTALE, errno.ENOTDIR}:
        return "vanished"
    return (error.strerror or type(error).__name__).lower()


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name
