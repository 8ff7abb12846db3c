"""Between the names and shapes of `transformers`' weights and ours.

The Llama family differs from ours by names only. GPT-2 keeps query, key and value in one matrix and all
matrices of its layers transposed (its "Conv1D").
"""

import re
from collections.abc import Mapping

import torch
from torch import Tensor

_LLAMA = {
    "embedding": "model.embed_tokens",
    "norm": "model.norm",
    "head": "lm_head",
    "attention_norm": "input_layernorm",
    "attention.query": "self_attn.q_proj",
    "attention.key": "self_attn.k_proj",
    "attention.value": "self_attn.v_proj",
    "attention.output": "self_attn.o_proj",
    "attention.query_norm": "self_attn.q_norm",
    "attention.key_norm": "self_attn.k_norm",
    "feedforward_norm": "post_attention_layernorm",
    "feedforward.gate": "mlp.gate_proj",
    "feedforward.up": "mlp.up_proj",
    "feedforward.down": "mlp.down_proj",
}
_GPT2 = {
    "embedding": "transformer.wte",
    "positions": "transformer.wpe",
    "norm": "transformer.ln_f",
    "head": "lm_head",
    "attention_norm": "ln_1",
    "attention.joined": "attn.c_attn",
    "attention.output": "attn.c_proj",
    "feedforward_norm": "ln_2",
    "feedforward.up": "mlp.c_fc",
    "feedforward.down": "mlp.c_proj",
}
_PARTS = ("query", "key", "value")


def _translate(name: str, table: Mapping[str, str], layers: tuple[str, str]) -> str | None:
    """`name` with its module looked up in `table` and the prefix of layers changed; None if it's unknown."""
    module, _, kind = name.rpartition(".")
    match = re.fullmatch(rf"{re.escape(layers[0])}\.(\d+)\.(.+)", module)
    if match is None:
        return f"{table[module]}.{kind}" if module in table else None
    if match[2] not in table:
        return None
    return f"{layers[1]}.{match[1]}.{table[match[2]]}.{kind}"


def their_module(kind: str, name: str) -> str:
    """What the architecture `kind` calls the module that we call `name`; GPT-2 has three in one.

    Raises:
        KeyError: It has no such module.
    """
    table, layers = (_GPT2, "transformer.h") if kind == "gpt2" else (_LLAMA, "model.layers")
    if kind == "gpt2":
        name = re.sub(r"\.attention\.(query|key|value)$", ".attention.joined", name)
    translated = _translate(f"{name}.weight", table, ("layers", layers))
    if translated is None:
        raise KeyError(name)
    return translated.removesuffix(".weight")


def to_theirs(kind: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our state dictionary as the architecture `kind` names it; every tensor is contiguous."""
    gpt2 = kind == "gpt2"
    if gpt2:
        state = _join(state)
    table, layers = (_GPT2, "transformer.h") if gpt2 else (_LLAMA, "model.layers")
    theirs = {}
    for name, tensor in state.items():
        translated = _translate(name, table, ("layers", layers))
        if translated is None:
            raise KeyError(name)
        transposed = gpt2 and name.startswith("layers.") and tensor.dim() == 2
        theirs[translated] = (tensor.T if transposed else tensor).contiguous()
    return theirs


def from_theirs(kind: str, tensors: Mapping[str, Tensor], tied: bool) -> dict[str, Tensor]:
    """Their tensors as our state dictionary; one that we don't know keeps its name, for the loader to report.

    Args:
        kind: The architecture.
        tensors: What their file holds.
        tied: Whether the output matrix is the embedding; a copy of it in the file is then left out.
    """
    gpt2 = kind == "gpt2"
    table = {theirs: ours for ours, theirs in (_GPT2 if gpt2 else _LLAMA).items()}
    layers = "transformer.h" if gpt2 else "model.layers"
    state = {}
    for name, tensor in tensors.items():
        if gpt2 and not name.startswith(("transformer.", "lm_head.")):
            name = f"transformer.{name}"  # the first checkpoints were saved without the prefix
        # Constants that old versions of transformers saved with the weights.
        if name.endswith((".attn.bias", ".attn.masked_bias", ".rotary_emb.inv_freq")):
            continue
        if tied and name == "lm_head.weight":
            continue
        ours = _translate(name, table, (layers, "layers")) or name
        state[ours] = tensor.T if gpt2 and ours.startswith("layers.") and tensor.dim() == 2 else tensor
    return _split(state) if gpt2 else state


def _join(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    joined = {}
    for name, tensor in state.items():
        match = re.fullmatch(r"(.+\.attention)\.(query|key|value)\.(weight|bias)", name)
        if match is None:
            joined[name] = tensor
        elif match[2] == "query":
            parts = [state[f"{match[1]}.{part}.{match[3]}"] for part in _PARTS]
            joined[f"{match[1]}.joined.{match[3]}"] = torch.cat(parts)
    return joined


def _split(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    split = {}
    for name, tensor in state.items():
        if ".joined." not in name or tensor.shape[0] % 3:
            split[name] = tensor
            continue
        for part, piece in zip(_PARTS, tensor.chunk(3), strict=True):
            split[name.replace(".joined.", f".{part}.")] = piece
    return split
