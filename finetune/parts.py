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
from pathlib import Path

from homespun.errors import CorruptWeights, HomespunError, UsageError
from homespun.files import atomic_write

LIST = "parts.json"
MIB = 1 << 20


def split(folder: Path, most: int) -> list[Path]:
    """Split every file of a folder that is larger.

    Args:
        folder: Where they lie; other folders in it are left alone.
        most: Bytes of a part.

    Returns:
        The parts.

    Raises:
        UsageError: There's no such folder, or parts of no size are wanted.
        OutOfSpace: The disk is full; what isn't listed yet is whole.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder")
    if most < 1:
        raise UsageError(f"a part must hold a byte at least, not {most}")
    listed = _listed(folder)
    parts: list[Path] = []
    for path in sorted(one for one in folder.iterdir() if one.is_file() and one.stat().st_size > most):
        digest, size = hashlib.sha256(), 0
        made: list[Path] = []
        with path.open("rb") as file:
            while data := file.read(most):
                made.append(folder / f"{path.name}.{len(made):03}")
                atomic_write(made[-1], data)
                digest.update(data)
                size += len(data)
        listed[path.name] = {"sha256": digest.hexdigest(), "bytes": size, "parts": len(made)}
        atomic_write(folder / LIST, json.dumps(listed, indent=1) + "\n")
        path.unlink()
        parts += made
    return parts


def join(folder: Path) -> list[Path]:
    """Make the files whole again; those that are whole already stay.

    Returns:
        The files.

    Raises:
        CorruptWeights: A part is missing or altered; nothing was replaced.
        OutOfSpace: The disk is full.
    """
    made = []
    for name, told in _listed(folder).items():
        path = folder / name
        parts = [folder / f"{name}.{number:03}" for number in range(int(told["parts"]))]
        if not path.is_file():
            missing = [part.name for part in parts if not part.is_file()]
            if missing:
                raise CorruptWeights(f"{folder} lacks {', '.join(missing)}")
            data = b"".join(part.read_bytes() for part in parts)
            if hashlib.sha256(data).hexdigest() != told["sha256"]:
                raise CorruptWeights(f"the parts of {path} don't make what was split: send them again")
            atomic_write(path, data)
        made.append(path)
    for path in made:
        for part in folder.glob(f"{path.name}.[0-9][0-9][0-9]"):
            part.unlink()
    (folder / LIST).unlink(missing_ok=True)
    return made


def _listed(folder: Path) -> dict[str, dict[str, int | str]]:
    path = folder / LIST
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
    except (OSError, ValueError) as error:
        raise CorruptWeights(f"{path} can't be read: {error}") from error


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
