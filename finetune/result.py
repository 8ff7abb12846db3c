"""The model that a run begins from and the model folder that it ends with."""

import json
from pathlib import Path
from typing import Any

from finetune.card import render
from finetune.config import TrainConfig
from homespun.errors import UsageError
from models.nets.decoder import Decoder
from models.nets.decoder_config import DecoderConfig
from models.store import load_model, save_model


def start_net(folder: Path, changes: dict[str, Any]) -> tuple[Decoder, str]:
    """The net of a model folder with its weights, and its `tokenizer.json`.

    Args:
        folder: The model folder.
        changes: Values of its DecoderConfig to change, such as dropout.

    Raises:
        CorruptWeights: The folder holds no model, or one that was damaged.
        UsageError: The changed shape has other tensors than the weights.
    """
    start = load_model(folder)
    net = Decoder(DecoderConfig.from_dict({**start.net.config.to_dict(), **changes}))
    try:
        net.load_state_dict(start.net.state_dict())
    except RuntimeError as error:
        asked = ", ".join(f"{key}={value}" for key, value in changes.items())
        raise UsageError(f"{folder} does not fit the changed shape ({asked})") from error
    return net, start.tokenizer.json


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
    card = render(stage.name, {"net": net.config.to_dict(), "training": training})
    save_model(folder, net, tokenizer_json, generation=generation, training=training, card=card)
    return folder
