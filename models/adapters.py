"""Adapters on decoders: a low-rank change of a model, in a folder of its own, addressed `<model>:<adapter>`.

A folder `<model>/adapters/<adapter>/` holds `config.json` (format, kind, the fingerprint of the model that it
was trained on, the adapter's shape, generation defaults that differ from the model's, how it was trained,
SHA-256 of every other file), `adapter.safetensors` (bfloat16 unless told otherwise) and `README.md`, the
card. The model may lie on another shelf: an adapter of one's own on a shipped model has its folder in
`HOMESPUN_HOME/models/<model>/adapters/`, where nothing else of the model need be. `models.shelves` finds
both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homespun.errors import CorruptWeights, UsageError
from models.folders import (
    ADAPTERS,
    CONFIG,
    NAME,
    REPAIR,
    Kind,
    Stored,
    named_folders,
    read_config_file,
    read_tensors,
    tensor_bytes,
    write_folder,
)

if TYPE_CHECKING:
    from torch import Tensor

    from models.blocks.lora import LoRAConfig
    from models.nets.decoder import Decoder

WEIGHTS = "adapter.safetensors"
KIND = Kind("adapter", "an adapter on a model", 1, {"base": str, "lora": dict, "generation": dict}, WEIGHTS)


def split_address(address: str) -> tuple[str, str | None]:
    """The model's and the adapter's name in an address; None where none is named."""
    model, colon, adapter = address.rpartition(":")
    return (model, adapter) if colon and model and NAME.fullmatch(adapter) else (address, None)


def adapter_folders(model: Path) -> Iterator[Path]:
    """The folders of the adapters in a model's folder, by name; those on encoders aren't among them."""
    return filter(is_adapter, named_folders(model / ADAPTERS))


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds an adapter on a decoder; raises nothing.

    Where its config.json is missing or damaged the place decides: any folder inside one called `adapters` is
    one, so that damage is told of an adapter and not of a model.
    """
    try:
        return read_config_file(folder).get("kind") == KIND.name
    except CorruptWeights:
        return folder.parent.name == ADAPTERS


def read_adapter(folder: Path) -> dict[str, Any]:
    """Read and check an adapter's config.json, without torch.

    Raises:
        CorruptWeights: It's missing, not JSON, of another kind or of a format that isn't known, or it lacks
            something.
    """
    return KIND.read(folder)


def save_adapter(
    folder: Path,
    *,
    base: str,
    lora: LoRAConfig,
    state: Mapping[str, Tensor],
    generation: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
    card: str = "",
    dtype: Stored = "bfloat16",
) -> Path:
    """Write an adapter's folder, whole or not at all.

    Args:
        folder: Where; an older adapter there is replaced.
        base: Fingerprint of the model that it was trained on.
        lora: Its shape.
        state: What `models.blocks.lora.adapter_state` gives.
        generation: The chat model's defaults that differ from the model's own.
        training: Anything worth keeping about how it was made.
        card: README.md.
        dtype: How tensors are stored.

    Raises:
        OutOfSpace: The disk is full; nothing was changed.
    """
    config = {
        "format": KIND.format,
        "kind": KIND.name,
        "base": base,
        "lora": lora.to_dict(),
        "generation": dict(generation or {}),
        "training": dict(training or {}),
    }
    return write_folder(folder, config, {WEIGHTS: tensor_bytes(state, dtype)}, card)


def put_on(net: Decoder, folder: Path, fingerprint: str) -> Decoder:
    """Put an adapter on a model's net, whose tensors are shared and stay as they are.

    Args:
        net: The model's.
        folder: The adapter's.
        fingerprint: The model's own.

    Raises:
        CorruptWeights: The adapter is for another model, or its files are missing, altered, or don't fit.
    """
    from models.blocks.lora import LoRAConfig, adapted

    config = read_adapter(folder)
    if config["base"] != fingerprint:
        raise CorruptWeights(f"{folder} was trained on another model than this one: train it anew")
    state = read_tensors(folder / WEIGHTS, config["files"][WEIGHTS])
    try:
        made = adapted(net, LoRAConfig.from_dict(config["lora"]), state)
    except UsageError as error:
        raise CorruptWeights(
            f"{folder / WEIGHTS} doesn't fit {CONFIG} or the model ({error}): {REPAIR}"
        ) from error
    return made.eval().requires_grad_(False)
