"""Adapters in the format of PEFT (adapter_config.json, adapter_model.safetensors) in and out, outputs equal.

Read and written are LoRA, rsLoRA and DoRA on linear maps, ranks and alphas by map included, for our decoder
and encoder (whose maps are named as in the checkpoints that they export to) and for any module of
`transformers` (named as they are there). Needs no `peft`. GPT-2 keeps query, key and value in one matrix:
coming in, an adapter on it becomes three that share A; going out, three become one whose A holds the three
below each other and whose B is made of blocks, which computes the same. What changes more than linear maps is
refused: biases, whole modules saved beside the adapter, adapted embeddings and the like.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from homespun.errors import CorruptWeights, UsageError
from homespun.files import atomic_folder
from models.blocks.lora import LoRAConfig, LoRALinear, adapted, adapters
from models.interop.peft_config import CONFIG, WEIGHTS, PeftShape, read_shape, write_shape
from models.interop.peft_names import JOINED, names_of

Net = TypeVar("Net", bound=nn.Module)

_PREFIX = "base_model.model."
_KEY = re.compile(r"base_model\.model\.(.+)\.(lora_A|lora_B|lora_magnitude_vector)(?:\.weight)?")
_OURS = {"lora_A": "lora_A", "lora_B": "lora_B", "lora_magnitude_vector": "magnitude"}
_PARTS = ("query", "key", "value")


def with_peft(net: Net, folder: str | Path) -> Net:
    """The net with the adapter that lies in a folder on it; all other tensors are shared, `net` stays.

    Args:
        net: Our decoder or encoder, or a module of `transformers`.
        folder: The adapter's.

    Raises:
        UsageError: It's no LoRA, asks for what can't be done here, or isn't made for this net.
        CorruptWeights: A file is missing, can't be read, or doesn't fit the other.
    """
    folder = Path(folder)
    shape = read_shape(folder)
    names = names_of(net)
    shapes: dict[str, LoRAConfig] = {}
    state: dict[str, Tensor] = {}
    for theirs, parts in _read_maps(folder, shape).items():
        config = shape.of(theirs)
        if parts["lora_A"].shape[0] != config.rank or parts["lora_B"].shape[1:] != (config.rank,):
            raise CorruptWeights(
                f"{folder / WEIGHTS} doesn't fit {CONFIG}: {theirs} isn't of rank {config.rank}"
            )
        found = names.ours(theirs)
        if not found:
            raise UsageError(f"the adapter in {folder} is on {theirs}, and this net has no such linear map")
        for ours, piece in found.items():
            shapes[ours] = config
            for key, tensor in parts.items():
                whole = key == "lora_A" or piece is None
                state[f"{ours}.{_OURS[key]}"] = tensor if whole else tensor.chunk(3)[piece or 0]
    try:
        return adapted(net, shapes, {name: tensor.float() for name, tensor in state.items()})
    except UsageError as error:
        raise UsageError(f"the adapter in {folder} isn't made for this net: {error}") from error


def to_peft(net: nn.Module, folder: str | Path, base: str = "") -> None:
    """Write the adapters of a net as a folder that `PeftModel.from_pretrained` loads.

    The folder takes the place of one that was there. Tensors are float32.

    Args:
        net: What `adapted` gave: our decoder or encoder, or a module of `transformers`.
        folder: Where to.
        base: Name or folder of the checkpoint that it goes on, for the file.

    Raises:
        UsageError: There are no adapters, they are of several kinds, or no architecture computes the net.
        OutOfSpace: The disk is full; what was there before is untouched.
    """
    from safetensors.torch import save_file

    found = dict(adapters(net))
    if not found:
        raise UsageError("this net has no adapters to be written")
    names = names_of(net)
    shapes: dict[str, LoRAConfig] = {}
    state: dict[str, Tensor] = {}
    for theirs, group in names.grouped(found).items():
        joined = JOINED.fullmatch(theirs) is not None and names.conv
        parts, shapes[theirs] = _joined(net, group) if joined else _single(*group.values())
        for key, tensor in parts.items():
            ending = "" if key == "lora_magnitude_vector" else ".weight"
            value = tensor.detach().to("cpu", torch.float32).contiguous()
            state[f"{_PREFIX}{theirs}.{key}{ending}"] = value.clone()
    values = write_shape(shapes, names.linears, conv=names.conv, task=names.task, base=base)
    with atomic_folder(folder) as inside:
        save_file(state, inside / WEIGHTS, metadata={"format": "pt"})
        text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
        (inside / CONFIG).write_text(text, encoding="utf-8")


def _read_maps(folder: Path, shape: PeftShape) -> dict[str, dict[str, Tensor]]:
    """The tensors of a file by the linear map that they belong to."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = folder / WEIGHTS
    if not path.is_file():
        raise CorruptWeights(f"{folder} has no {WEIGHTS}: save the adapter as safetensors, or copy it again")
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise CorruptWeights(f"{path} can't be read: copy the folder again ({error})") from error
    maps: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        match = _KEY.fullmatch(name)
        if match is None:
            raise UsageError(f"{path} holds {name}: only adapters on linear maps can be used")
        maps.setdefault(match[1], {})[match[2]] = tensor
    wanted = set(_OURS) if shape.dora else {"lora_A", "lora_B"}
    for theirs, parts in maps.items():
        if parts.keys() != wanted or any(parts[key].dim() != 2 for key in ("lora_A", "lora_B")):
            odd = ", ".join(sorted(parts.keys() ^ wanted)) or "of a wrong shape"
            raise CorruptWeights(f"{path} doesn't fit {CONFIG}: tensors of {theirs} ({odd})")
        if shape.dora:
            parts["lora_magnitude_vector"] = parts["lora_magnitude_vector"].flatten()
    if not maps:
        raise CorruptWeights(f"{path} holds no adapter: copy the folder again")
    return maps


def _single(module: LoRALinear) -> tuple[dict[str, Tensor], LoRAConfig]:
    parts: dict[str, Tensor] = {"lora_A": module.lora_A, "lora_B": module.lora_B}
    if module.magnitude is not None:
        parts["lora_magnitude_vector"] = module.magnitude
    return parts, module.config


def _joined(net: nn.Module, group: Mapping[str, LoRALinear]) -> tuple[dict[str, Tensor], LoRAConfig]:
    """Adapters on query, key and value, or some of them, as one on the three maps in one.

    They are one of the same rank where they share A, else one of the sum of their ranks, its alpha such that
    the scale is theirs.
    """
    owner = next(iter(group)).rpartition(".")[0]
    whole: list[nn.Module] = [net.get_submodule(f"{owner}.{part}") for part in _PARTS]
    modules = [module for module in whole if isinstance(module, LoRALinear)]
    first = modules[0]
    if any(module.config.scale != first.config.scale for module in modules):
        raise UsageError(f"the adapters on {owner} have several scales, which GPT-2's one map can't have")
    if len(modules) == 3 and all(torch.equal(module.lora_A, first.lora_A) for module in modules):
        a: Tensor = first.lora_A
        b: Tensor = torch.cat([module.lora_B for module in modules])
        config = first.config
    else:
        a = torch.cat([module.lora_A for module in modules])
        rows = [
            module.lora_B if isinstance(module, LoRALinear) else torch.zeros(len(_weight(module)), 0)
            for module in whole
        ]
        b = torch.block_diag(*rows)  # type: ignore[no-untyped-call]
        rank = len(a)
        by = rank**0.5 if first.config.rslora else rank
        config = LoRAConfig(**{**first.config.to_dict(), "rank": rank, "alpha": first.config.scale * by})
    parts = {"lora_A": a, "lora_B": b}
    if first.magnitude is not None:
        # A row without an adapter keeps its length.
        parts["lora_magnitude_vector"] = torch.cat(
            [
                module.magnitude
                if isinstance(module, LoRALinear) and module.magnitude is not None
                else _weight(module).detach().float().norm(dim=1)
                for module in whole
            ]
        )
    return parts, config


def _weight(module: nn.Module) -> Tensor:
    weight = module.weight
    assert isinstance(weight, Tensor)
    return weight
