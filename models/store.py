"""Model folders: saving, finding, listing and loading what this project trains.

A folder holds `config.json` (format, net, generation defaults, how it was trained, SHA-256 of every other
file), `tokenizer.json`, `model.safetensors` (bfloat16 unless told otherwise) and `README.md`, the card. A
name is looked for in `<home>/models/`, then among the shipped `models/weights/`; a path to a folder is a
name too. Listing and fingerprints read configurations and headers only: no tensor is touched before
`load_model`, which checks the hashes.

What it does not know: adapters (`<name>:<adapter>`) and folders in the layout of `transformers`
(`hf:<folder>`).
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from homespun.errors import CorruptWeights, HomespunError, ModelNotFound, UsageError
from homespun.files import atomic_folder, sha256
from homespun.paths import Home

if TYPE_CHECKING:
    import torch

    from models.nets.decoder import Decoder
    from models.tokenizers.fast import Tokenizer

FORMAT = 1
CONFIG, TOKENIZER, WEIGHTS, CARD = "config.json", "tokenizer.json", "model.safetensors", "README.md"
SHIPPED = Path(__file__).parent / "weights"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_REPAIR = "copy the folder again or train it anew"


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory: float32 weights in evaluation mode, its tokenizer and its configuration."""

    net: Decoder
    tokenizer: Tokenizer
    config: dict[str, Any]
    folder: Path
    fingerprint: str


@dataclass(frozen=True)
class ModelInfo:
    """One line of `homespun models`: `bytes` is the weights' file, `where` the shelf it lies on."""

    name: str
    folder: Path
    parameters: int
    bytes: int
    where: Literal["home", "shipped"]
    license: str
    description: str


def save_model(
    folder: Path | str,
    net: Decoder,
    tokenizer_json: str,
    *,
    generation: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
    card: str = "",
    dtype: Literal["bfloat16", "float16", "float32"] = "bfloat16",
) -> Path:
    """Write a model folder that either is there whole or is not there at all.

    Args:
        folder: Where; an older model at this place is replaced.
        net: The decoder.
        tokenizer_json: Text of a `tokenizer.json`.
        generation: The chat model's defaults (`temperature`, `top_p`, `max_tokens`, …).
        training: Anything worth keeping about how it was made (data, tokens, hours, recipe).
        card: README.md; a line `License: …` and the first paragraph appear in listings.
        dtype: How weights are stored; they are loaded as float32 whatever it is.

    Returns:
        The folder.

    Raises:
        OutOfSpace: The disk is full; nothing was changed.
    """
    import torch
    from safetensors.torch import save

    target = Path(folder)
    kind: torch.dtype = getattr(torch, dtype)
    state = net.state_dict()
    tensors = {name: state[name].detach().to("cpu", kind).contiguous() for name in _unique_names(net)}
    files = {WEIGHTS: save(tensors, metadata={"format": "pt"}), TOKENIZER: tokenizer_json.encode()}
    config = {
        "format": FORMAT,
        "kind": "decoder",
        "net": net.config.to_dict(),
        "generation": generation or {},
        "training": training or {},
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    files[CARD] = (card or f"# {target.name}\n").encode()
    files[CONFIG] = (json.dumps(config, indent=2, ensure_ascii=False) + "\n").encode()
    with atomic_folder(target) as temporary:
        for name, data in files.items():
            (Path(temporary) / name).write_bytes(data)
    return target


def load_model(folder: Path | str, verify: bool = True) -> LoadedModel:
    """Load a model folder.

    Args:
        folder: A folder written by `save_model`.
        verify: Compare every file's SHA-256 with the configuration's.

    Raises:
        CorruptWeights: A file is missing, cut short, altered or unreadable; the message names it.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    from models.nets.decoder import Decoder, DecoderConfig
    from models.tokenizers.fast import Tokenizer

    root = Path(folder)
    config = read_config(root)
    data = {
        name: _read(root / name, config["files"][name] if verify else None) for name in (TOKENIZER, WEIGHTS)
    }
    try:
        tokenizer = Tokenizer.from_json(data[TOKENIZER].decode())
    except (HomespunError, UnicodeDecodeError) as error:
        raise CorruptWeights(f"{root / TOKENIZER} is not a tokenizer ({error}): {_REPAIR}") from error
    try:
        net = Decoder(DecoderConfig.from_dict(config["net"]))
        tensors = load(data[WEIGHTS])
    except UsageError as error:
        raise CorruptWeights(f"{root / CONFIG} is wrong ({error}): {_REPAIR}") from error
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise CorruptWeights(f"{root / WEIGHTS} cannot be read ({error}): {_REPAIR}") from error
    expected = set(_unique_names(net))
    if expected != set(tensors):
        odd = ", ".join(sorted(expected ^ set(tensors))[:3])
        raise CorruptWeights(f"{root / WEIGHTS} does not fit {CONFIG} (tensors {odd}): {_REPAIR}")
    try:
        net.load_state_dict({name: t.to(torch.float32) for name, t in tensors.items()}, strict=False)
    except RuntimeError as error:  # shapes
        raise CorruptWeights(f"{root / WEIGHTS} does not fit the net in {CONFIG}: {_REPAIR}") from error
    net.eval().requires_grad_(False)
    return LoadedModel(net, tokenizer, config, root, fingerprint(config))


def read_config(folder: Path | str) -> dict[str, Any]:
    """Read and check `config.json` of a model folder, without torch.

    Raises:
        CorruptWeights: It is missing, not JSON, or of a format that this version does not know.
    """
    path = Path(folder) / CONFIG
    try:
        config = json.loads(_read(path, None))
    except ValueError as error:
        raise CorruptWeights(f"{path} is not valid JSON ({error}): {_REPAIR}") from error
    if not isinstance(config, dict) or "format" not in config:
        raise CorruptWeights(
            f"{path} is not one of our models; a transformers checkpoint is addressed as hf:{path.parent}"
        )
    if config["format"] != FORMAT:
        raise CorruptWeights(
            f"{path} has format {config['format']}, this version reads {FORMAT}: update homespun"
        )
    files = config.get("files")
    net, generation = config.get("net"), config.get("generation", {})
    if not isinstance(files, dict) or not {WEIGHTS, TOKENIZER} <= set(files):
        raise CorruptWeights(f"{path} lacks the hashes in 'files': {_REPAIR}")
    if not isinstance(net, dict) or not isinstance(net.get("max_positions"), int):
        raise CorruptWeights(f"{path} lacks the shape in 'net': {_REPAIR}")
    if not isinstance(generation, dict):
        raise CorruptWeights(f"{path}: 'generation' is no object: {_REPAIR}")
    return {**config, "generation": generation}


def damaged_files(folder: Path | str) -> list[str]:
    """Names of the files that are missing or differ from their SHA-256 in the configuration; needs no torch.

    Raises:
        CorruptWeights: The configuration itself cannot be read.
    """
    root = Path(folder)
    return [
        name
        for name, wanted in read_config(root)["files"].items()
        if not _is_file(root / name) or sha256(root / name) != wanted
    ]


def fingerprint(config: dict[str, Any]) -> str:
    """SHA-256 (hexadecimal) that changes with weights, tokenizer, net or generation defaults.

    It is taken over the configuration, which holds the hashes of the files, so it costs no reading of
    weights; `load_model` checks that the files are those.
    """
    named = {key: value for key, value in config.items() if key != "training"}
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()


def find_model(name: str | Path, home: Path | None = None) -> Path:
    """Find the folder of a model's name: `<home>/models/`, then the shipped weights, then a path.

    Args:
        name: A name or a path to a model folder.
        home: The state folder; by default the one in the settings (`HOMESPUN_HOME`).

    Raises:
        ModelNotFound: Nothing there; the message lists what is.
    """
    text = str(name)
    if _NAME.fullmatch(text):
        for _, shelf in _shelves(home):
            if _is_file(shelf / text / CONFIG):
                return shelf / text
    if text:
        path = Path(text)
        with suppress(RuntimeError):  # a `~name` that is nobody's
            path = path.expanduser()
        if _is_file(path / CONFIG):
            return path
        if _is_file(path / WEIGHTS) or _is_file(path / TOKENIZER):
            raise CorruptWeights(f"{path} has no {CONFIG}: {_REPAIR}")
    known = (
        ", ".join(info.name for info in list_models(home)) or "none yet: homespun train home-nano makes one"
    )
    shown = text if len(text) <= 80 else text[:77] + "…"
    raise ModelNotFound(f"no model named {shown!r}; there are: {known} (a path to a model folder works too)")


def list_models(home: Path | None = None) -> list[ModelInfo]:
    """List every model that a name reaches; the own shelf hides a shipped model of the same name."""
    found: dict[str, ModelInfo] = {}
    for where, shelf in _shelves(home):
        for folder in sorted(shelf.iterdir()) if shelf.is_dir() else ():
            # A name that nothing reaches is a folder in the making, or one that a crash left behind.
            if _NAME.fullmatch(folder.name) and folder.name not in found and (folder / CONFIG).is_file():
                found[folder.name] = _info(folder, where)
    return list(found.values())


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, or no path at all
        return False


def _shelves(home: Path | None) -> Iterator[tuple[Literal["home", "shipped"], Path]]:
    if home is None:
        from homespun.settings import load_settings

        home = load_settings().home
    yield "home", Home(home).models
    yield "shipped", SHIPPED


def _info(folder: Path, where: Literal["home", "shipped"]) -> ModelInfo:
    card = folder / CARD
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    license_ = re.search(r"^\W*licen[cs]e\W+(.+?)\W*$", text, re.IGNORECASE | re.MULTILINE)
    body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", body))
    description = next((p for p in paragraphs if p and not p.startswith(("#", "|", "!", "-"))), "")
    weights = folder / WEIGHTS
    size = weights.stat().st_size if weights.is_file() else 0
    return ModelInfo(
        folder.name, folder, _count(weights), size, where, license_[1] if license_ else "", description
    )


def _count(weights: Path) -> int:
    """Parameters according to the header of a safetensors file; 0 where it cannot be read."""
    try:
        with weights.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(min(length, 1 << 24)))
        return sum(math.prod(row["shape"]) for name, row in header.items() if name != "__metadata__")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return 0


def _read(path: Path, wanted: str | None) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorruptWeights(f"{path} cannot be read ({error.strerror}): {_REPAIR}") from error
    if wanted is not None and hashlib.sha256(data).hexdigest() != wanted:
        raise CorruptWeights(f"{path} differs from the SHA-256 in {CONFIG} (damaged or altered): {_REPAIR}")
    return data


def _unique_names(net: Decoder) -> list[str]:
    """Names of the state's tensors, each tied tensor once (by the first of its names)."""
    seen: dict[int, str] = {}
    for name, tensor in net.state_dict().items():
        seen.setdefault(tensor.data_ptr(), name)
    return list(seen.values())
