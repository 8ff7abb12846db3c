"""Files that are either wholly written or not written at all, and their hashes.

Contract: a reader sees the old content or the new one, never a part, also after a crash or a full disk.
Nothing is promised about two writers of the same path at once, except that one of them wins whole.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from homespun.errors import OutOfSpace

# EFBIG is what a file size limit (`ulimit -f`) raises.
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_UNIQUE = 12


@contextmanager
def no_space_is_clear(path: Path | str) -> Iterator[None]:
    """Turns "no space left on device" and its relatives into `OutOfSpace` naming `path`.

    Raises:
        OutOfSpace: if the body raised an OSError for want of space.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_SPACE:
            raise
        reason = error.strerror or "no space left"
        raise OutOfSpace(f"Can't write {path}: {reason}. Free some space or choose another place.") from error


def atomic_write(path: Path | str, data: bytes | str) -> None:
    """Writes `data` (text as UTF-8) to `path` in one step; missing folders are made.

    Raises:
        OutOfSpace: if there is no room; the old file is untouched.
        OSError: for any other failure to write, the old file untouched too.
    """
    content = data.encode("utf-8") if isinstance(data, str) else data
    with atomic_stream(path) as stream:
        stream.write(content)


@contextmanager
def atomic_stream(path: Path | str) -> Iterator[BinaryIO]:
    """Gives a file to write to that takes the place of `path` when the body ends without an error.

    For what is too large to be held as a whole; missing folders are made.

    Raises:
        OutOfSpace: if there is no room; the old file is untouched.
        OSError: for any other failure to write, the old file untouched too.
    """
    path = Path(path)
    with no_space_is_clear(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _beside(path, "tmp")
        try:
            with temporary.open("xb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            with suppress(FileNotFoundError):
                temporary.chmod(path.stat().st_mode & 0o777)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


@contextmanager
def atomic_folder(path: Path | str) -> Iterator[Path]:
    """Gives an empty folder beside `path` that takes its place when the body ends without an error.

    An old folder is moved aside and removed only after the new one is in place. A crash exactly between the
    two renames leaves it complete under the name ``.<name>.….old`` in the same parent.

    Raises:
        OutOfSpace: if there is no room; the old folder is untouched.
    """
    path = Path(path)
    with no_space_is_clear(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _beside(path, "tmp")
        temporary.mkdir()
        try:
            yield temporary
            for file in temporary.rglob("*"):
                if file.is_file():
                    with file.open("rb") as stream:
                        os.fsync(stream.fileno())
            _replace_folder(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        _sync_folder(path.parent)


def sweep(folder: Path, name: str | None = None) -> None:
    """Removes what killed writers of `name` (None: of anything) left in `folder`, where nobody writes now."""
    named = "*" if name is None else glob.escape(name)
    for left in folder.glob(f".{named}.{'[0-9a-f]' * _UNIQUE}.tmp"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def sha256(path: Path | str) -> str:
    """Returns the SHA-256 of a file's content, in hexadecimal."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _replace_folder(new: Path, path: Path) -> None:
    if not path.exists():
        new.rename(path)
        return
    aside = _beside(path, "old")
    path.rename(aside)
    try:
        new.rename(path)
    except BaseException:
        aside.rename(path)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _beside(path: Path, ending: str) -> Path:
    """A name in the same folder that nothing else uses; hidden, so that listings of models pass over it."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:_UNIQUE]}.{ending}")


def _sync_folder(folder: Path) -> None:
    # Some file systems refuse to sync a folder; the rename has happened all the same.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
