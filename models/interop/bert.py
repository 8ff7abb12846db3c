"""BERT-family weights of `transformers` in, ours out: folders of config.json and safetensors.

States are within 1e-4 of theirs. Read are BERT, RoBERTa and XLM-RoBERTa (absolute positions, one
model.safetensors of any float type, computed in float32), their heads left aside; needs no `transformers`.
What an encoder here can't compute is refused rather than loaded with wrong results. The file is mapped, not
copied, where it holds float32. Only the net is read; tokenizers are the business of whoever serves it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from homespun.errors import CorruptWeights, UsageError
from homespun.files import atomic_folder
from models.nets.encoder import Encoder
from models.nets.encoder_config import EncoderConfig

KINDS = ("bert", "roberta", "xlm-roberta")
CONFIG, WEIGHTS = "config.json", "model.safetensors"

_ACTIVATIONS = {"gelu": "gelu_erf", "gelu_new": "gelu", "gelu_pytorch_tanh": "gelu", "relu2": "relu2"}
_NAMES = {
    "embedding": "embeddings.word_embeddings",
    "positions": "embeddings.position_embeddings",
    "types": "embeddings.token_type_embeddings",
    "embedding_norm": "embeddings.LayerNorm",
    "pooler": "pooler.dense",
}
_LAYER = {
    "attention.query": "attention.self.query",
    "attention.key": "attention.self.key",
    "attention.value": "attention.self.value",
    "attention.output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "feedforward.up": "intermediate.dense",
    "feedforward.down": "output.dense",
    "feedforward_norm": "output.LayerNorm",
}
# Their models prefix the trunk; what stands beside it is a head for some task.
_TRUNK = re.compile(r"(?:bert|roberta)\.")
_HEAD = re.compile(r"(?:cls|lm_head|classifier|qa_outputs)\.|.*\.position_ids$|.*\.token_type_ids$")


def read_config(values: Mapping[str, Any]) -> EncoderConfig:
    """The configuration of the encoder that computes what `values` (a config.json) describes.

    Raises:
        UsageError: This architecture, or something it asks for, isn't supported; or a value is missing.
    """
    kind = values.get("model_type")
    if kind not in KINDS:
        raise UsageError(f"encoders of the type {kind!r} can't be loaded: supported are {', '.join(KINDS)}")
    if values.get("quantization_config"):
        raise UsageError("quantised weights can't be loaded: use the model's unquantised folder")
    positions = values.get("position_embedding_type", "absolute")
    if positions != "absolute":
        raise UsageError(f"{positions} positions aren't supported in {kind}: only absolute ones are")
    if values.get("is_decoder") or values.get("add_cross_attention"):
        raise UsageError(f"a {kind} that is a decoder isn't supported")
    activation = values.get("hidden_act", "gelu")
    if activation not in _ACTIVATIONS:
        known = ", ".join(_ACTIVATIONS)
        raise UsageError(f"the activation {activation!r} isn't supported in {kind}: {known} are")
    # What is absent has the value that transformers would take.
    offset = 0 if kind == "bert" else values.get("pad_token_id", 1) + 1
    try:
        return EncoderConfig(
            vocab_size=values["vocab_size"],
            hidden_size=values["hidden_size"],
            num_layers=values["num_hidden_layers"],
            num_heads=values["num_attention_heads"],
            intermediate_size=values["intermediate_size"],
            max_positions=values["max_position_embeddings"] - offset,
            num_types=values.get("type_vocab_size", 2),
            position_offset=offset,
            activation=_ACTIVATIONS[activation],
            norm_eps=values.get("layer_norm_eps", 1e-12),
        )
    except KeyError as error:
        raise UsageError(f"{CONFIG} has no {error.args[0]}, which {kind} needs") from error


def write_config(config: EncoderConfig) -> dict[str, Any]:
    """The config.json with which `transformers` computes the same."""
    kind = "roberta" if config.position_offset else "bert"
    theirs = {"gelu_erf": "gelu", "gelu": "gelu_new", "relu2": "relu2"}
    values: dict[str, Any] = {
        "architectures": ["RobertaModel" if config.position_offset else "BertModel"],
        "model_type": kind,
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "num_hidden_layers": config.num_layers,
        "num_attention_heads": config.num_heads,
        "intermediate_size": config.intermediate_size,
        "max_position_embeddings": config.max_positions + config.position_offset,
        "type_vocab_size": config.num_types,
        "hidden_act": theirs[config.activation],
        "layer_norm_eps": config.norm_eps,
        "hidden_dropout_prob": config.dropout,
        "attention_probs_dropout_prob": config.dropout,
        "position_embedding_type": "absolute",
        "dtype": "float32",
    }
    return values | ({"pad_token_id": config.position_offset - 1} if config.position_offset else {})


def from_bert(folder: str | Path) -> Encoder:
    """Load the encoder that lies in `folder`, in evaluation mode, float32.

    Raises:
        UsageError: There's no model in this folder, or of an architecture that isn't supported.
        CorruptWeights: The weights can't be read, or tensors are missing, left over or of a wrong shape.
    """
    folder = Path(folder)
    config = read_config(_read_json(folder / CONFIG))
    state = from_theirs(_read_tensors(folder))
    net = Encoder(EncoderConfig.from_dict(config.to_dict() | {"pooler": "pooler.weight" in state}))
    _check(net, state, folder)
    net.load_state_dict(state, assign=True)
    return net.eval().requires_grad_(False)


def to_bert(net: Encoder, folder: str | Path, tokenizer_json: str | None = None) -> None:
    """Write `net` as a folder that `BertModel.from_pretrained` loads (`RobertaModel` where it's one).

    The folder takes the place of one that was there. Weights are float32.

    Args:
        net: The encoder.
        folder: Where to.
        tokenizer_json: The content of a tokenizer.json to lie beside it.

    Raises:
        OutOfSpace: The disk is full; what was there before is untouched.
    """
    from safetensors.torch import save_file

    state = {name: tensor.detach().to("cpu", torch.float32) for name, tensor in net.state_dict().items()}
    with atomic_folder(folder) as inside:
        save_file(to_theirs(state), inside / WEIGHTS, metadata={"format": "pt"})
        text = json.dumps(write_config(net.config), indent=2) + "\n"
        (inside / CONFIG).write_text(text, encoding="utf-8")
        if tokenizer_json is not None:
            (inside / "tokenizer.json").write_text(tokenizer_json, encoding="utf-8")


def to_theirs(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our state dictionary under their names, without a prefix; every tensor is contiguous."""
    return {
        _translate(name, _NAMES, _LAYER, "layers", "encoder.layer"): t.contiguous()
        for name, t in state.items()
    }


def from_theirs(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Their tensors as our state dictionary in float32, heads left out.

    A tensor that we don't know keeps its name, for the loader to report.
    """
    names = {theirs: ours for ours, theirs in _NAMES.items()}
    layer = {theirs: ours for ours, theirs in _LAYER.items()}
    state = {}
    for name, tensor in tensors.items():
        if _HEAD.match(name):
            continue
        name = _TRUNK.sub("", name, count=1)
        # The first checkpoints, converted from TensorFlow, call a norm's parameters so.
        name = name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
        state[_translate(name, names, layer, "encoder.layer", "layers")] = tensor.to(torch.float32)
    return state


def _translate(name: str, names: Mapping[str, str], layer: Mapping[str, str], before: str, after: str) -> str:
    module, _, kind = name.rpartition(".")
    match = re.fullmatch(rf"{re.escape(before)}\.(\d+)\.(.+)", module)
    if match is not None and match[2] in layer:
        return f"{after}.{match[1]}.{layer[match[2]]}.{kind}"
    return f"{names[module]}.{kind}" if module in names else name


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"there's no encoder in {path.parent}: can't read its {path.name}") from error
    except ValueError as error:
        raise CorruptWeights(f"{path} isn't JSON: copy the folder again ({error})") from error
    if not isinstance(values, dict):
        raise CorruptWeights(f"{path} isn't a model's configuration: copy the folder again")
    return values


def _read_tensors(folder: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = folder / WEIGHTS
    if not path.is_file():
        raise UsageError(f"there's no {WEIGHTS} in {folder}: save the model in one safetensors file")
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise CorruptWeights(f"can't read {path}: copy the folder again ({error})") from error
    return tensors


def _check(net: Encoder, state: Mapping[str, Tensor], folder: Path) -> None:
    wanted = {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()}
    missing, extra = sorted(wanted.keys() - state.keys()), sorted(state.keys() - wanted.keys())
    wrong = [name for name, shape in wanted.items() if name in state and tuple(state[name].shape) != shape]
    problems = [
        f"{what} {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
        for what, names in (("missing", missing), ("left over", extra), ("of a wrong shape", wrong))
        if names
    ]
    if problems:
        raise CorruptWeights(f"the weights in {folder} don't fit its {CONFIG}: {'; '.join(problems)}")
