"""The model that a run begins from and the model folder that it ends with.

`models.store` does both. It needs settings libraries that a bare GPU machine lacks, so where it cannot be
imported the same folder format is read and written here with safetensors alone.
"""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from finetune.card import render
from finetune.config import TrainConfig
from homespun.errors import UsageError
from homespun.files import atomic_folder, sha256
from models.nets.decoder import Decoder
from models.nets.decoder_config import DecoderConfig


def read_start(folder: Path) -> tuple[DecoderConfig, dict[str, Tensor], str]:
    """Shape, float32 weights and `tokenizer.json` text of a model folder.

    Raises:
        UsageError: It is no model folder.
        CorruptWeights: A file's hash differs from what its config.json states (where the store is available).
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tokenizer = (folder / "tokenizer.json").read_text(encoding="utf-8")
        shape = DecoderConfig.from_dict(config["net"])
    except (OSError, KeyError, ValueError) as error:
        raise UsageError(f"{folder} is no model folder to begin from: {error}") from error
    try:
        from models.store import load_model
    except ImportError:
        from safetensors.torch import load_file

        weights = load_file(folder / "model.safetensors")
        return shape, {name: tensor.float() for name, tensor in weights.items()}, tokenizer
    net = load_model(folder).net
    return shape, {name: tensor.float() for name, tensor in net.state_dict().items()}, tokenizer


def start_net(folder: Path, changes: dict[str, Any]) -> tuple[Decoder, str]:
    """The net of a model folder with its weights, and its `tokenizer.json`.

    Args:
        folder: The model folder.
        changes: Values of its DecoderConfig to change, such as dropout.
    """
    shape, weights, tokenizer = read_start(folder)
    net = Decoder(DecoderConfig.from_dict({**shape.to_dict(), **changes}))
    # Tied weights are stored once, so a name may be missing from the file; its twin fills it.
    wrong = net.load_state_dict(weights, strict=False)
    if wrong.unexpected_keys or (wrong.missing_keys and not net.config.tie_embeddings):
        names = ", ".join([*wrong.unexpected_keys, *wrong.missing_keys][:3])
        raise UsageError(f"{folder} does not fit the changed shape: {names}")
    return net, tokenizer


def read_training(folder: str | None) -> dict[str, Any] | None:
    """What the model folder that a stage began from says of its own training; None where there is none."""
    if folder is None:
        return None
    config: dict[str, Any] = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
    return config.get("training")


def write_model(
    folder: Path, net: Decoder, tokenizer_json: str, training: dict[str, Any], stage: TrainConfig
) -> Path:
    """Write the model folder that `homespun chat --model` reads, with its card.

    Raises:
        OutOfSpace: The disk is full; an older model there is intact.
    """
    generation = {"temperature": stage.temperature, "top_p": 0.9, "max_tokens": 256}
    card = render(stage.name, stage.description, {"net": net.config.to_dict(), "training": training})
    try:
        from models.store import save_model
    except ImportError:
        return _write_bare(folder, net, tokenizer_json, generation, training, card)
    save_model(folder, net, tokenizer_json, generation=generation, training=training, card=card)
    return folder


def _write_bare(
    folder: Path,
    net: Decoder,
    tokenizer_json: str,
    generation: dict[str, Any],
    training: dict[str, Any],
    card: str,
) -> Path:
    from safetensors.torch import save_file

    weights: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in net.state_dict().items():
        if tensor.data_ptr() in seen:
            continue
        seen.add(tensor.data_ptr())
        weights[name] = tensor.detach().to("cpu", torch.bfloat16).contiguous()
    with atomic_folder(folder) as inside:
        (inside / "tokenizer.json").write_text(tokenizer_json, encoding="utf-8")
        (inside / "README.md").write_text(card, encoding="utf-8")
        save_file(weights, inside / "model.safetensors")
        config = {
            "format": 1,
            "kind": "decoder",
            "net": net.config.to_dict(),
            "generation": generation,
            "training": training,
            "files": {name: sha256(inside / name) for name in ("model.safetensors", "tokenizer.json")},
        }
        (inside / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    return folder
