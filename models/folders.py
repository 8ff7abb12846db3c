"""What all folders of weights have in common: a config.json with SHA-256s of the other files, and a card.

Contract: a folder is written whole or not at all; what is read was there and, where it's checked, is what was
written. Only tensors need torch.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from homespun.errors import CorruptWeights
from homespun.files import atomic_folder, sha256

if TYPE_CHECKING:
    from torch import Tensor

CONFIG, CARD = "config.json", "README.md"
TOKENIZER, WEIGHTS = "tokenizer.json", "model.safetensors"
"""A model's other files."""
ADAPTERS = "adapters"
"""The folder inside a model's folder that holds the adapters on it."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What a model or an adapter may be called."""
ON_ENCODER = "encoder-adapter"
"""The kind of an adapter on the encoder, which is no model."""
REPAIR = "copy the folder again or train it anew"
Stored = Literal["bfloat16", "float16", "float32"]
"""How tensors are stored; they are loaded as float32 whatever it is."""


@dataclass(frozen=True)
class Kind:
    """What the config.json of one kind of folder holds.

    Attributes:
        name: What it says as "kind".
        noun: What such a folder is, in words.
        format: The format that this version reads.
        fields: The types of what must be there, besides "files".
        weights: The file whose hash must be there.
    """

    name: str
    noun: str
    format: int
    fields: Mapping[str, type]
    weights: str

    def read(self, folder: Path) -> dict[str, Any]:
        """Read and check a folder's config.json.

        Raises:
            CorruptWeights: It's missing, not JSON, of another kind or of a format that isn't known, or it
                lacks something.
        """
        path, config = folder / CONFIG, read_config_file(folder)
        if config.get("kind") != self.name:
            raise CorruptWeights(f"{path} is not {self.noun}")
        check_format(path, config, self.format)
        for key, kind in {**self.fields, "files": dict}.items():
            if not isinstance(config.get(key), kind):
                raise CorruptWeights(f"{path} lacks {key!r}: {REPAIR}")
        if self.weights not in config["files"]:
            raise CorruptWeights(f"{path} lacks the hash of {self.weights}: {REPAIR}")
        return config


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


def tensor_bytes(tensors: Mapping[str, Tensor], dtype: Stored) -> bytes:
    """The content of a safetensors file."""
    import torch
    from safetensors.torch import save

    kind: torch.dtype = getattr(torch, dtype)
    stored = {name: tensor.detach().to("cpu", kind).contiguous() for name, tensor in tensors.items()}
    data: bytes = save(stored)
    return data


def read_tensors(path: Path, wanted: str | None = None) -> dict[str, Tensor]:
    """The tensors in a safetensors file, as float32; `wanted` as for `read_file`.

    Raises:
        CorruptWeights: It can't be read, or has another hash.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    data = read_file(path, wanted)
    try:
        return {name: tensor.to(torch.float32) for name, tensor in load(data).items()}
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise CorruptWeights(f"{path} cannot be read ({error}): {REPAIR}") from error


def named_folders(shelf: Path) -> Iterator[Path]:
    """The folders on a shelf that a name reaches and that hold a config.json, by name.

    Others are folders in the making, or what a crash left behind.
    """
    for folder in sorted(shelf.iterdir()) if shelf.is_dir() else ():
        if NAME.fullmatch(folder.name) and is_file(folder / CONFIG):
            yield folder


def damaged(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Names of the files that are missing or don't have their SHA-256."""
    return [
        name
        for name, wanted in files.items()
        if not is_file(folder / name) or sha256(folder / name) != wanted
    ]


_APART = frozenset({"training", "proposals"})


def fingerprint(config: Mapping[str, Any]) -> str:
    """SHA-256 (hexadecimal) of a configuration but for how it was trained and who proposes to it.

    The configuration holds the hashes of the files, so this changes with them and costs no reading of them.
    """
    named = {key: value for key, value in config.items() if key not in _APART}
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()


def is_file(path: Path) -> bool:
    """Whether there is such a file; False for what is no path at all."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, or no path at all
        return False
