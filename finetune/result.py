"""The model that a run begins from, and the folder of a model or an adapter that it ends with."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from finetune.card import render, render_adapter
from finetune.config import TrainConfig
from homespun.errors import UsageError
from models.adapters import save_adapter
from models.blocks.lora import LoRAConfig, adapted, adapter_parameters, adapter_state
from models.folders import fingerprint
from models.nets.decoder import Decoder
from models.nets.decoder_config import DecoderConfig
from models.store import load_model, read_config, save_model


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


def start_adapter(net: Decoder, values: Mapping[str, Any]) -> Decoder:
    """The net with a new adapter, whose parameters are the only ones that train.

    Args:
        net: The model's net.
        values: Of LoRAConfig.

    Raises:
        UsageError: They make no sense, or name no map of the net.
    """
    made = adapted(net.requires_grad_(False), LoRAConfig.from_dict(values))
    for parameter in adapter_parameters(made):
        parameter.requires_grad_(True)
    return made


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
    save_model(
        folder,
        net,
        tokenizer_json,
        generation=generation,
        proposals=stage.proposals or None,
        training=training,
        card=card,
    )
    return folder


def write_adapter(folder: Path, net: Decoder, training: dict[str, Any], stage: TrainConfig) -> Path:
    """Write the folder of the adapter on `net`, with its card; the model stays where it is.

    Raises:
        OutOfSpace: The disk is full; an older adapter there is intact.
    """
    assert stage.init_from is not None
    base = Path(stage.init_from)
    lora = LoRAConfig.from_dict(stage.lora)
    card = render_adapter(f"{base.name}:{folder.name}", {"lora": lora.to_dict(), "training": training})
    return save_adapter(
        folder,
        base=fingerprint(read_config(base)),
        lora=lora,
        state=adapter_state(net),
        generation={"temperature": stage.temperature},
        training=training,
        card=card,
    )
