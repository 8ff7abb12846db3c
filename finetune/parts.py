"""Large files in parts, to go where a file's size is limited: ``python -m finetune.parts split|join FOLDER``.

Splitting replaces each larger file `name` of a folder by `name.000`, `name.001`, … and `parts.json`, which
holds SHA-256 and size of the whole; joining makes the whole again and checks it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from homespun.errors import CorruptWeights, HomespunError, UsageError
from homespun.files import atomic_stream, atomic_write, sha256

LIST = "parts.json"
MIB = 1 << 20


@dataclass(frozen=True)
class Whole:
    """A file that lies in parts.

    Attributes:
        name: Of the file.
        sha256: Of its content, in hexadecimal.
        bytes: Its size.
        parts: How many there are.
    """

    name: str
    sha256: str
    bytes: int
    parts: int

    def paths(self, folder: Path) -> list[Path]:
        """The parts in a folder, in their order."""
        return [folder / f"{self.name}.{number:03}" for number in range(self.parts)]


def split(folder: Path, most: int) -> list[Path]:
    """Split every file of a folder that is larger; parts stay as they are.

    A file is removed after all of its parts are there; `join` mends what was broken off before.

    Args:
        folder: Where they lie; other folders in it are left alone.
        most: Bytes of a part.

    Returns:
        The new parts.

    Raises:
        UsageError: There's no such folder, parts of no size are wanted, a part would take the place of
            another file, or parts of another file of that name are there.
        CorruptWeights: The list of parts isn't one.
        OutOfSpace: The disk is full.
    """
    _check(folder)
    if most < 1:
        raise UsageError(f"a part must hold a byte at least, not {most}")
    listed = _listed(folder)
    passed = {LIST, *(part.name for whole in listed.values() for part in whole.paths(folder))}
    files = [one for one in sorted(folder.iterdir()) if one.is_file() and one.name not in passed]
    made: list[Path] = []
    for path in files:
        size = path.stat().st_size
        if size <= most:
            continue
        whole = Whole(path.name, sha256(path), size, -(-size // most))
        if (before := listed.get(path.name)) is not None:
            if before.sha256 != whole.sha256:
                raise UsageError(
                    f"{folder} has the parts of another {path.name} already: move them away first"
                )
            _remove(before, folder)
        for part in whole.paths(folder):
            if part.exists():
                raise UsageError(f"{part} is in the way of a part of {path.name}: move it away first")
        # Listed first, so that whatever interrupts this leaves nothing that `join` doesn't know.
        listed[path.name] = whole
        _write(folder, listed)
        with path.open("rb") as file:
            for part in whole.paths(folder):
                with atomic_stream(part) as stream:
                    _copy(file, stream, most)
                made.append(part)
        path.unlink()
    return made


def join(folder: Path) -> list[Path]:
    """Make the files whole again; those that are whole already stay.

    Returns:
        The files; none where nothing is in parts.

    Raises:
        UsageError: There's no such folder.
        CorruptWeights: The list of parts isn't one, a part is missing or altered, or a file of that name is
            there that isn't the one that was split; no part was removed.
        OutOfSpace: The disk is full.
    """
    _check(folder)
    listed = _listed(folder)
    made = [_join(whole, folder) for whole in listed.values()]
    for whole in listed.values():
        _remove(whole, folder)
    (folder / LIST).unlink(missing_ok=True)
    return made


def lying_in_parts(folder: Path) -> list[str]:
    """Names of the files of a folder that aren't whole, for want of `join`.

    Raises:
        CorruptWeights: The list of parts isn't one.
    """
    return [name for name in _listed(folder) if not (folder / name).is_file()]


def _join(whole: Whole, folder: Path) -> Path:
    path = folder / whole.name
    if path.exists():
        if not path.is_file() or sha256(path) != whole.sha256:
            raise CorruptWeights(
                f"{path} isn't what was split: move it away to have its parts joined, "
                f"or remove {LIST} and the parts to keep it"
            )
        return path
    parts = whole.paths(folder)
    if missing := [part.name for part in parts if not part.is_file()]:
        raise CorruptWeights(f"{folder} lacks {', '.join(missing)}")
    digest = hashlib.sha256()
    with atomic_stream(path) as stream:
        for part in parts:
            with part.open("rb") as file:
                while data := file.read(MIB):
                    digest.update(data)
                    stream.write(data)
        if digest.hexdigest() != whole.sha256:
            raise CorruptWeights(f"the parts of {path} don't make what was split: send them again")
    return path


def _copy(file: BinaryIO, stream: BinaryIO, most: int) -> None:
    """Copy so many bytes, or what is left."""
    while most and (data := file.read(min(most, MIB))):
        stream.write(data)
        most -= len(data)


def _remove(whole: Whole, folder: Path) -> None:
    for part in whole.paths(folder):
        part.unlink(missing_ok=True)


def _check(folder: Path) -> None:
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder")


def _write(folder: Path, listed: dict[str, Whole]) -> None:
    told = {
        name: {"sha256": whole.sha256, "bytes": whole.bytes, "parts": whole.parts}
        for name, whole in listed.items()
    }
    atomic_write(folder / LIST, json.dumps(told, indent=1) + "\n")


def _listed(folder: Path) -> dict[str, Whole]:
    """What lies in parts, by name."""
    path = folder / LIST
    try:
        told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError) as error:
        raise CorruptWeights(f"{path} can't be read: {error}") from error
    if not isinstance(told, dict):
        raise CorruptWeights(f"{path} can't be read: it's no list of parts")
    return {name: _told(path, name, of) for name, of in told.items()}


def _told(path: Path, name: str, of: Any) -> Whole:
    told = of if isinstance(of, dict) else {}
    digest, size, parts = told.get("sha256"), told.get("bytes"), told.get("parts")
    # A name with a folder in it would have files changed that are none of ours.
    plain = name not in ("", ".", "..", LIST) and not set("/\\") & set(name)
    if (
        plain
        and isinstance(digest, str)
        and isinstance(size, int)
        and isinstance(parts, int)
        and 1 <= parts <= size
    ):
        return Whole(name, digest, size, parts)
    raise CorruptWeights(f"{path} can't be read: what it tells of {name!r} makes no sense")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m finetune.parts", description=__doc__)
    parser.add_argument("what", choices=("split", "join"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mib", type=float, default=24.0, help="of a part (default 24)")
    given = parser.parse_args(arguments)
    try:
        size = int(given.mib * MIB)
        paths = split(given.folder, size) if given.what == "split" else join(given.folder)
    except HomespunError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    sys.stdout.writelines(f"{path} {path.stat().st_size:,} bytes\n" for path in paths)
    return 0


if __name__ == "__main__":
    sys.exit(main())
