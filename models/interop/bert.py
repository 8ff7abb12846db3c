"""BERT-family weights of `transformers` in, ours out: folders of config.json and safetensors.

States are within 1e-4 of theirs. Read are BERT, RoBERTa and XLM-RoBERTa (absolute positions, one
model.safetensors of any float type, computed in float32), their heads left aside; needs no `transformers`.
The file is mapped, not copied, where it holds float32. Only the net is read; tokenizers are the business of
whoever serves it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from homespun.files import atomic_folder
from models.interop.bert_layout import read_config, write_config
from models.interop.checkpoint import CONFIG, WEIGHTS, check_fit, read_tensors, read_values
from models.nets.encoder import Encoder
from models.nets.encoder_config import EncoderConfig

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


def from_bert(folder: str | Path) -> Encoder:
    """Load the encoder that lies in `folder`, in evaluation mode, float32.

    Raises:
        UsageError: There's no model in this folder, or of an architecture that isn't supported.
        CorruptWeights: The weights can't be read, or tensors are missing, left over or of a wrong shape.
    """
    folder = Path(folder)
    config = read_config(read_values(folder))
    state = from_theirs(read_tensors(folder))
    net = Encoder(EncoderConfig.from_dict(config.to_dict() | {"pooler": "pooler.weight" in state}))
    check_fit(net, state, folder)
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


def their_module(name: str) -> str:
    """What they call the module that we call `name`, without a prefix."""
    return _translate(f"{name}.weight", _NAMES, _LAYER, "layers", "encoder.layer").removesuffix(".weight")


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
