"""Weights of `transformers` in, ours out: folders of config.json and safetensors, logits within 1e-4.

Reading and writing need no `transformers`. Read are Llama, Mistral, Qwen2, Qwen3 and GPT-2, in one file or
in shards with an index, of any float type (computed in float32). Pickled weights (.bin) are not read: they
run code. Only the net is read; its tokenizer.json is the business of whoever serves the model.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch

from homespun.errors import UsageError
from homespun.files import atomic_folder
from models.interop.checkpoint import CONFIG, WEIGHTS, check_fit, read_tensors, read_values
from models.interop.layouts import read_config, write_config
from models.interop.tensors import from_theirs, to_theirs
from models.nets.decoder import Decoder


class HasJson(Protocol):
    """A tokenizer that knows its tokenizer.json (`models.tokenizers.fast.Tokenizer` is one)."""

    @property
    def json(self) -> str:
        """The content of tokenizer.json."""


def from_transformers(folder: str | Path) -> Decoder:
    """Load the net that lies in `folder`, in evaluation mode, float32.

    Raises:
        UsageError: There's no model in this folder, or of an architecture that isn't supported.
        CorruptWeights: Tensors are missing, left over, or of a wrong shape.
    """
    folder = Path(folder)
    values = read_values(folder)
    config = read_config(values)
    state = from_theirs(values["model_type"], read_tensors(folder), config.tie_embeddings)
    net = Decoder(config)
    check_fit(net, state, folder)
    net.load_state_dict(state)
    return net.eval()


def to_transformers(net: Decoder, folder: str | Path, tokenizer: HasJson | str | None = None) -> None:
    """Write `net` as a folder that `AutoModelForCausalLM.from_pretrained` loads, and its tokenizer beside it.

    The folder takes the place of one that was there. Weights are float32.

    Args:
        net: The decoder.
        folder: Where to.
        tokenizer: A tokenizer or the content of its tokenizer.json; None writes no tokenizer.

    Raises:
        UsageError: No architecture of `transformers` computes this decoder.
        OutOfSpace: The disk is full; what was there before is untouched.
    """
    from safetensors.torch import save_file

    values = write_config(net.config)
    state = {name: tensor.detach().to("cpu", torch.float32) for name, tensor in net.state_dict().items()}
    content = tokenizer if tokenizer is None or isinstance(tokenizer, str) else tokenizer.json
    ids = {} if content is None else _special_ids(content)
    roles = {
        f"{role}_token_id": ids.get(name)
        for role, name in (("bos", "<|endoftext|>"), ("eos", "<|end|>"), ("pad", "<|pad|>"))
    }
    if ids and "<|end|>" not in ids:
        roles["eos_token_id"] = ids.get("<|endoftext|>")
    with atomic_folder(folder) as inside:
        save_file(to_theirs(values["model_type"], state), inside / WEIGHTS, metadata={"format": "pt"})
        _write_json(inside / CONFIG, values | roles)
        _write_json(inside / "generation_config.json", roles)
        if content is not None:
            (inside / "tokenizer.json").write_text(content, encoding="utf-8")
            tokenizer_config = _tokenizer_config(ids, roles, net.config.max_positions)
            _write_json(inside / "tokenizer_config.json", tokenizer_config)


def _special_ids(tokenizer_json: str) -> dict[str, int]:
    try:
        added = json.loads(tokenizer_json).get("added_tokens", [])
        return {token["content"]: token["id"] for token in added if token["special"]}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError("this isn't the content of a tokenizer.json") from error


def _tokenizer_config(ids: Mapping[str, int], roles: Mapping[str, int | None], length: int) -> dict[str, Any]:
    from models.tokenizers.chat_template import JINJA

    names = {number: name for name, number in ids.items()}
    config: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": length,
        "clean_up_tokenization_spaces": False,
    }
    config |= {
        role.removesuffix("_id"): names[number] for role, number in roles.items() if number is not None
    }
    if "<|assistant|>" in ids:  # a foreign tokenizer doesn't have the template's tokens
        config["chat_template"] = JINJA
    return config


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
