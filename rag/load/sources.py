"""From paths to files: folders are walked, globs matched, zip archives looked into.

Contract: nothing is read but folders and archives' lists of members. What isn't read because of its kind or
state is told, one line each; what nobody means (hidden files, version control, caches, virtual environments)
isn't. A path argument itself may be anything, a link too.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from homespun.errors import UsageError
from rag.load.archives import members, plain
from rag.load.junk import binary, suffix_of
from rag.load.limits import Limits
from rag.load.source import Skipped, Source, shown
from rag.load.walk import Walk, said, special

NO_MATCH = "matches no file"
"""Why a glob is skipped."""

__all__ = ["NO_MATCH", "Limits", "Skipped", "Source", "absolute", "find"]

_MAGIC = re.compile(r"[*?\[]")
_PIECE = re.compile(r"\*+|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)


def find(paths: Sequence[Path | str], *, limits: Limits) -> Iterator[Source | Skipped]:
    """Gives the files of `paths` in order, each once.

    Args:
        paths: files, folders, globs (``docs/**/*.md``; what a glob finds a folder for is taken whole) or zip
            archives.
        limits: of files.

    Raises:
        UsageError: There is nothing at one of the paths; before any file is given.
    """
    return _found([_Argument(path) for path in paths], limits)


def absolute(path: Path | str) -> str:
    """Returns how a path argument is noted as a root: absolute, links not followed."""
    return str(Path(path).expanduser().absolute())


class _Argument:
    """A path argument: a file or folder that there is, or a folder and what is looked for in it."""

    def __init__(self, path: Path | str) -> None:
        self.root = absolute(path)
        self.place = Path(self.root)
        self.pattern: re.Pattern[str] | None = None
        if not str(path).strip():
            raise UsageError("A path to be read is empty.")
        if not _exists(self.place):
            parts = self.place.parts
            number = next((at for at, part in enumerate(parts) if _MAGIC.search(part)), None)
            if number is None:
                raise UsageError(f"There is no file or folder {self.root}.")
            self.place = Path(*parts[:number])
            self.pattern = re.compile(_translated(parts[number:]))
            if not self.place.is_dir():
                raise UsageError(f"There is no folder {self.place} to look for {self.root} in.")
        if ".." in self.place.parts:
            self.place = self.place.resolve()


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG}:
            return False
        raise UsageError(f"{path} can't be reached: {said(error)}.") from error
    except ValueError as error:
        raise UsageError(f"{str(path)!r} is no path: {error}.") from error
    return True


def _translated(parts: Sequence[str]) -> str:
    """Returns an expression for paths below the place of a glob, with a separator before each part."""
    between = re.escape(os.sep)
    other = f"[^{between}]"
    written = ""
    for part in parts:
        if part == "**":
            written += f"(?:{between}{other}+)*"
            continue
        written += between
        for piece in _PIECE.findall(part):
            if piece[0] == "*":
                written += f"{other}*"
            elif piece == "?":
                written += other
            elif piece[0] == "[" and len(piece) > 2:
                inner = piece[1:-1].replace("\\", "\\\\").replace("[", "\\[")
                written += f"[^{inner[1:]}{between}]" if inner[0] == "!" else f"[{inner}]"
            else:
                written += re.escape(piece)
    return f"(?s:{written})(?:{between}.*)?"


def _found(arguments: Sequence[_Argument], limits: Limits) -> Iterator[Source | Skipped]:
    known: set[str] = set()
    for argument in arguments:
        matched = False
        for one in _of(argument, limits):
            matched = True
            if one.name not in known:
                known.add(one.name)
                yield one
        if argument.pattern is not None and not matched:
            yield Skipped(shown(argument.root), argument.root, NO_MATCH)


def _of(argument: _Argument, limits: Limits) -> Iterator[Source | Skipped]:
    root, place = argument.root, str(argument.place)
    try:
        status = argument.place.stat()
    except OSError as error:
        yield Skipped(shown(place), root, said(error))
        return
    if not stat.S_ISDIR(status.st_mode):
        yield from _file(place, root, special(status) or status, limits)
        return
    begin = len(place.rstrip(os.sep))
    for path, told in Walk(place):
        if argument.pattern is not None and not argument.pattern.fullmatch(path, begin):
            continue
        if what := binary(path):
            yield Skipped(shown(path), root, f"is {what}")
        else:
            yield from _file(path, root, told, limits)


def _file(path: str, root: str, status: os.stat_result | str, limits: Limits) -> Iterator[Source | Skipped]:
    if isinstance(status, str):
        yield Skipped(shown(path), root, status)
    elif suffix_of(path) == ".zip":
        yield from members(Path(path), root, status, limits)
    else:
        yield plain(path, root, status, limits)
