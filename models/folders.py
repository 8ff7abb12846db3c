"""What all folders of weights have in common: a config.json with SHA-256s of the other files, and a card.

Contract: a folder is written whole or not at all; what is read was there and, where it's checked, is what was
written. Needs no torch.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homespun.errors import CorruptWeights
from homespun.files import atomic_folder, sha256

CONFIG, CARD = "config.json", "README.md"
ADAPTERS = "adapters"
"""The folder inside a model's folder that holds the adapters on it."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What a model or an adapter may be called."""
REPAIR = "copy the folder again or train it anew"


def write_folder(folder: Path, config: Mapping[str, Any], files: Mapping[str, bytes], card: str) -> Path:
    """Write a folder, whole or not at all; one that was there is replaced, the adapters in it are kept.

    Args:
        folder: Where.
        config: The content of config.json; the hashes of `files` are added as "files".
        files: The other files' contents by their names.
        card: README.md; by default the folder's name.

    Raises:
        OutOfSpace: The disk is full; nothing was changed.
    """
    hashed = {**config, "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}}
    contents = {**files, CARD: (card or f"# {folder.name}\n").encode(), CONFIG: config_text(hashed).encode()}
    kept = folder / ADAPTERS
    with atomic_folder(folder) as inside:
        for name, data in contents.items():
            (inside / name).write_bytes(data)
        if kept.is_dir():
            shutil.copytree(kept, inside / ADAPTERS)
    return folder


def config_text(config: Mapping[str, Any]) -> str:
    """The text of a config.json."""
    return json.dumps(config, indent=2, ensure_ascii=False) + "\n"


def read_config_file(folder: Path) -> dict[str, Any]:
    """The object in a folder's config.json.

    Raises:
        CorruptWeights: It's missing, no JSON, or no object.
    """
    path = folder / CONFIG
    try:
        config = json.loads(read_file(path))
    except ValueError as error:
        raise CorruptWeights(f"{path} is not valid JSON ({error}): {REPAIR}") from error
    if not isinstance(config, dict):
        raise CorruptWeights(f"{path} is no object: {REPAIR}")
    return config


def check_format(path: Path, config: Mapping[str, Any], known: int) -> None:
    """See that a configuration has the format that this version reads.

    Raises:
        CorruptWeights: It has another.
    """
    if config.get("format") != known:
        raise CorruptWeights(
            f"{path} has format {config.get('format')}, this version reads {known}: update homespun"
        )


def read_file(path: Path, wanted: str | None = None) -> bytes:
    """A file's content.

    Args:
        path: The file.
        wanted: The SHA-256 that it must have, if any.

    Raises:
        CorruptWeights: It can't be read, or has another hash.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorruptWeights(f"{path} cannot be read ({error.strerror}): {REPAIR}") from error
    if wanted is not None and hashlib.sha256(data).hexdigest() != wanted:
        raise CorruptWeights(f"{path} differs from the SHA-256 in {CONFIG} (damaged or altered): {REPAIR}")
    return data


def damaged(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Names of the files that are missing or don't have their SHA-256."""
    return [
        name
        for name, wanted in files.items()
        if not is_file(folder / name) or sha256(folder / name) != wanted
    ]


def fingerprint(config: Mapping[str, Any]) -> str:
    """SHA-256 (hexadecimal) of a configuration but for how it was trained.

    The configuration holds the hashes of the files, so this changes with them and costs no reading of them.
    """
    named = {key: value for key, value in config.items() if key != "training"}
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()


def is_file(path: Path) -> bool:
    """Whether there is such a file; False for what is no path at all."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, or no path at all
        return False
