"""Model folders: saving and loading what this project trains.

A folder holds `config.json` (format, net, generation defaults, how it was trained, SHA-256 of every other
file), `tokenizer.json`, `model.safetensors` (bfloat16 unless told otherwise) and `README.md`, the card.
Fingerprints read configurations only: no tensor is touched before `load_model`, which checks the hashes.
Where folders lie is the affair of `models.shelves`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homespun.errors import CorruptWeights, HomespunError, UsageError
from models.adapters import is_adapter, put_on, read_adapter
from models.folders import (
    CARD,
    CONFIG,
    REPAIR,
    TOKENIZER,
    WEIGHTS,
    Stored,
    check_format,
    damaged,
    fingerprint,
    read_config_file,
    read_file,
    write_folder,
)
from models.shelves import base_of

if TYPE_CHECKING:
    import torch

    from models.nets.decoder import Decoder
    from models.tokenizers.fast import Tokenizer

FORMAT = 1
__all__ = [
    "CARD",
    "CONFIG",
    "TOKENIZER",
    "WEIGHTS",
    "LoadedModel",
    "damaged_files",
    "fingerprint",
    "is_adapter",
    "load_model",
    "read_config",
    "save_model",
    "with_adapter",
]


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory: float32 weights in evaluation mode, its tokenizer and its configuration."""

    net: Decoder
    tokenizer: Tokenizer
    config: dict[str, Any]
    folder: Path
    fingerprint: str


def save_model(
    folder: Path | str,
    net: Decoder,
    tokenizer_json: str,
    *,
    generation: dict[str, Any] | None = None,
    proposals: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
    card: str = "",
    dtype: Stored = "bfloat16",
) -> Path:
    """Write a model folder that either is there whole or is not there at all.

    Args:
        folder: Where; an older model at this place is replaced, adapters in its folder are kept.
        net: The decoder.
        tokenizer_json: Text of a `tokenizer.json`.
        generation: The chat model's defaults (`temperature`, `top_p`, `max_tokens`, …).
        proposals: Who proposes to it (`models.chat.guidance.Guidance`); None lets it write by itself.
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
        **({} if proposals is None else {"proposals": proposals}),
        "training": training or {},
    }
    return write_folder(target, config, files, card)


def load_model(folder: Path | str, verify: bool = True) -> LoadedModel:
    """Load a model folder, or an adapter's together with the model that it goes on.

    Args:
        folder: A folder written by `save_model` or `models.adapters.save_adapter`.
        verify: Compare every file's SHA-256 with the configuration's.

    Raises:
        CorruptWeights: A file is missing, cut short, altered or unreadable, or an adapter is for another
            model; the message names it.
        ModelNotFound: The model that an adapter goes on isn't here.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    from models.nets.decoder import Decoder, DecoderConfig
    from models.tokenizers.fast import Tokenizer

    root = Path(folder)
    config = read_config(root)
    if is_adapter(root):
        under = load_model(base_of(root), verify)
        net = put_on(under.net, root, under.fingerprint)
        both = {
            **under.config,
            "generation": {**under.config["generation"], **config["generation"]},
            "adapter": config,
        }
        return LoadedModel(net, under.tokenizer, both, root, with_adapter(under.fingerprint, config))
    data = {
        name: read_file(root / name, config["files"][name] if verify else None)
        for name in (TOKENIZER, WEIGHTS)
    }
    try:
        tokenizer = Tokenizer.from_json(data[TOKENIZER].decode())
    except (HomespunError, UnicodeDecodeError) as error:
        raise CorruptWeights(f"{root / TOKENIZER} is not a tokenizer ({error}): {REPAIR}") from error
    try:
        net = Decoder(DecoderConfig.from_dict(config["net"]))
        tensors = load(data[WEIGHTS])
    except UsageError as error:
        raise CorruptWeights(f"{root / CONFIG} is wrong ({error}): {REPAIR}") from error
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise CorruptWeights(f"{root / WEIGHTS} cannot be read ({error}): {REPAIR}") from error
    expected = set(_unique_names(net))
    if expected != set(tensors):
        odd = ", ".join(sorted(expected ^ set(tensors))[:3])
        raise CorruptWeights(f"{root / WEIGHTS} does not fit {CONFIG} (tensors {odd}): {REPAIR}")
    try:
        net.load_state_dict({name: t.to(torch.float32) for name, t in tensors.items()}, strict=False)
    except RuntimeError as error:  # shapes
        raise CorruptWeights(f"{root / WEIGHTS} does not fit the net in {CONFIG}: {REPAIR}") from error
    net.eval().requires_grad_(False)
    return LoadedModel(net, tokenizer, config, root, fingerprint(config))


def read_config(folder: Path | str) -> dict[str, Any]:
    """Read and check `config.json` of a model's or an adapter's folder, without torch.

    Raises:
        CorruptWeights: It is missing, not JSON, or of a format that this version does not know.
    """
    root = Path(folder)
    path, config = root / CONFIG, read_config_file(root)
    if is_adapter(root):
        return read_adapter(root)
    if "format" not in config:
        raise CorruptWeights(
            f"{path} is not one of our models; a transformers checkpoint is addressed as hf:{path.parent}"
        )
    check_format(path, config, FORMAT)
    files = config.get("files")
    net, generation = config.get("net"), config.get("generation", {})
    if not isinstance(files, dict) or not {WEIGHTS, TOKENIZER} <= set(files):
        raise CorruptWeights(f"{path} lacks the hashes in 'files': {REPAIR}")
    if not isinstance(net, dict) or not isinstance(net.get("max_positions"), int):
        raise CorruptWeights(f"{path} lacks the shape in 'net': {REPAIR}")
    if not isinstance(generation, dict):
        raise CorruptWeights(f"{path}: 'generation' is no object: {REPAIR}")
    return {**config, "generation": generation}


def damaged_files(folder: Path | str) -> list[str]:
    """Names of the files that are missing or differ from their SHA-256 in the configuration; needs no torch.

    Raises:
        CorruptWeights: The configuration itself cannot be read.
    """
    root = Path(folder)
    return damaged(root, read_config(root)["files"])


def with_adapter(base: str, config: Mapping[str, Any]) -> str:
    """The fingerprint of a model and an adapter on it.

    Args:
        base: The model's.
        config: The adapter's configuration.
    """
    return fingerprint({"base": base, "adapter": fingerprint(config)})


def fits_its_base(folder: Path) -> bool:
    """Whether an adapter was made for the model that it goes on; True for what is no adapter.

    Raises:
        CorruptWeights: A configuration cannot be read.
    """
    if not is_adapter(folder):
        return True
    return bool(read_config(folder)["base"] == fingerprint(read_config(base_of(folder))))


def _unique_names(net: Decoder) -> list[str]:
    """Names of the state's tensors, each tied tensor once (by the first of its names)."""
    seen: dict[int, str] = {}
    for name, tensor in net.state_dict().items():
        seen.setdefault(tensor.data_ptr(), name)
    return list(seen.values())
