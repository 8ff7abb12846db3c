"""Between `transformers`' config.json and ours: BERT, RoBERTa and XLM-RoBERTa. Imports no torch.

What an encoder here can't compute is refused rather than loaded with wrong results.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homespun.errors import UsageError
from models.nets.encoder_config import EncoderConfig

KINDS = ("bert", "roberta", "xlm-roberta")

_ACTIVATIONS = {"gelu": "gelu_erf", "gelu_new": "gelu", "gelu_pytorch_tanh": "gelu", "relu2": "relu2"}


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
        raise UsageError(f"config.json has no {error.args[0]}, which {kind} needs") from error


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
