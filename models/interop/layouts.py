"""Between `transformers`' config.json and ours: Llama, Mistral, Qwen2, Qwen3 and GPT-2.

What a decoder here can't compute is refused rather than loaded with wrong results: other architectures and
activations, layers that differ in their attention, rope scaling other than linear and llama3, quantised
weights.
"""

from collections.abc import Mapping
from typing import Any

from homespun.errors import UsageError
from models.blocks.scaling import RopeScaling
from models.nets.decoder_config import DecoderConfig

ARCHITECTURES = {
    "gpt2": "GPT2LMHeadModel",
    "llama": "LlamaForCausalLM",
    "mistral": "MistralForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
}

# Ours → theirs; GPT-2's layout has no gate.
_GPT2_ACTIVATIONS = {"gelu": "gelu_new", "gelu_erf": "gelu", "relu2": "relu2"}
_GPT2_READ = {"gelu_new": "gelu", "gelu_pytorch_tanh": "gelu", "gelu": "gelu_erf", "relu2": "relu2"}


def read_config(values: Mapping[str, Any]) -> DecoderConfig:
    """The configuration of the decoder that computes what `values` (a config.json) describes.

    Raises:
        UsageError: This architecture, or something it asks for, isn't supported; or a value is missing.
    """
    kind = values.get("model_type")
    if kind not in ARCHITECTURES:
        raise UsageError(
            f"models of the type {kind!r} can't be loaded: supported are {', '.join(ARCHITECTURES)}"
        )
    if values.get("quantization_config"):
        raise UsageError("quantised weights can't be loaded: use the model's unquantised folder")
    try:
        return _read_gpt2(values) if kind == "gpt2" else _read_llama(kind, values)
    except KeyError as error:
        raise UsageError(f"config.json has no {error.args[0]}, which {kind} needs") from error


def _read_gpt2(values: Mapping[str, Any]) -> DecoderConfig:
    activation = values.get("activation_function", "gelu_new")
    if activation not in _GPT2_READ:
        known = ", ".join(_GPT2_READ)
        raise UsageError(f"the activation {activation!r} isn't supported in gpt2: {known} are")
    wanted = {
        "scale_attn_weights": True,
        "scale_attn_by_inverse_layer_idx": False,
        "add_cross_attention": False,
    }
    for name, value in wanted.items():
        if bool(values.get(name, value)) != value:
            raise UsageError(f"gpt2 with {name} = {values[name]} isn't supported")
    return DecoderConfig.gpt2(
        values["vocab_size"],
        values["n_embd"],
        values["n_layer"],
        values["n_head"],
        intermediate_size=values.get("n_inner"),
        max_positions=values["n_positions"],
        norm_eps=values.get("layer_norm_epsilon", 1e-5),
        activation=_GPT2_READ[activation],
        tie_embeddings=values.get("tie_word_embeddings", True),
    )


def _read_llama(kind: str, values: Mapping[str, Any]) -> DecoderConfig:
    activation = values.get("hidden_act", "silu")
    if activation not in ("silu", "swish"):
        raise UsageError(f"the activation {activation!r} isn't supported in {kind}: only silu is")
    theta, scaling = _read_rope(values)
    heads = values["num_attention_heads"]
    # What is absent has the value that transformers would take.
    kv_heads = values.get("num_key_value_heads") if kind == "llama" else values["num_key_value_heads"]
    bias = kind == "qwen2" or (kind != "mistral" and values.get("attention_bias", False))
    return DecoderConfig.llama(
        values["vocab_size"],
        values["hidden_size"],
        values["num_hidden_layers"],
        heads,
        num_kv_heads=kv_heads,
        head_dim=values.get("head_dim", 128 if kind == "qwen3" else None),
        intermediate_size=values["intermediate_size"],
        max_positions=values["max_position_embeddings"],
        norm_eps=values.get("rms_norm_eps", 1e-6),
        rope_theta=theta,
        rope_scaling=scaling,
        attention_bias=bias,
        output_bias=False if kind == "qwen2" else None,
        mlp_bias=kind == "llama" and values.get("mlp_bias", False),
        qk_norm=kind == "qwen3",
        tie_embeddings=values.get("tie_word_embeddings", False),
        sliding_window=_read_window(kind, values),
    )


def _read_rope(values: Mapping[str, Any]) -> tuple[float, RopeScaling | None]:
    # `rope_parameters` since transformers 5; before it, `rope_theta` beside `rope_scaling`.
    rope = dict(values.get("rope_scaling") or {}) | dict(values.get("rope_parameters") or {})
    theta = float(rope.get("rope_theta", values.get("rope_theta", 10000.0)))
    if rope.get("partial_rotary_factor", values.get("partial_rotary_factor", 1.0)) != 1.0:
        raise UsageError("rotary positions on a part of each head aren't supported")
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind == "default":
        return theta, None
    if kind == "linear":
        return theta, RopeScaling("linear", float(rope["factor"]))
    if kind == "llama3":
        low, high = float(rope["low_freq_factor"]), float(rope["high_freq_factor"])
        original = int(rope["original_max_position_embeddings"])
        return theta, RopeScaling("llama3", float(rope["factor"]), low, high, original)
    raise UsageError(f"the rope scaling {kind!r} isn't supported: default, linear and llama3 are")


def _read_window(kind: str, values: Mapping[str, Any]) -> int | None:
    if kind == "llama":
        return None
    if kind == "mistral":
        window: int | None = values.get("sliding_window", 4096)
        return window
    if not values.get("use_sliding_window", False) or values.get("sliding_window", 4096) is None:
        return None
    layers = values["num_hidden_layers"]
    full = min(values.get("max_window_layers", 28), layers)
    kinds = values.get("layer_types") or ["full_attention"] * full + ["sliding_attention"] * (layers - full)
    if len(set(kinds)) != 1:
        raise UsageError(f"{kind} with a sliding window in only some layers isn't supported")
    window = values.get("sliding_window", 4096)
    return window if kinds[0] == "sliding_attention" else None


def model_type(config: DecoderConfig) -> str:
    """The architecture of `transformers` that computes what `config` describes.

    Raises:
        UsageError: None does.
    """
    biases = (config.attention_bias, config.has_output_bias, config.mlp_bias)
    plain = not config.qk_norm and config.sliding_window is None
    gpt2 = config.norm == "layernorm" and config.positions == "learned" and biases == (True, True, True)
    gpt2 = gpt2 and config.activation in _GPT2_ACTIVATIONS and config.num_kv_heads == config.num_heads
    if gpt2 and plain and config.num_heads * config.head_dim == config.hidden_size:
        return "gpt2"
    if (config.norm, config.positions, config.activation) == ("rmsnorm", "rope", "swiglu"):
        if config.qk_norm and biases in ((False, False, False), (True, True, False)):
            return "qwen3"
        if plain and config.attention_bias == config.has_output_bias:
            # Its loader refuses a width that the heads don't divide.
            if config.hidden_size % config.num_heads == 0:
                return "llama"
        elif not config.qk_norm and biases == (True, False, False):
            return "qwen2"
        if not config.qk_norm and biases == (False, False, False):
            return "mistral"
    raise UsageError(
        "no architecture of transformers computes this decoder: GPT-2 is learned positions, layernorm, gelu "
        "and biases everywhere; Llama, Mistral, Qwen2 and Qwen3 are rope, rmsnorm and swiglu with few biases"
    )


def write_config(config: DecoderConfig) -> dict[str, Any]:
    """The config.json with which `transformers` computes the same.

    Raises:
        UsageError: No architecture does.
    """
    kind = model_type(config)
    common: dict[str, Any] = {
        "architectures": [ARCHITECTURES[kind]],
        "model_type": kind,
        "vocab_size": config.vocab_size,
        "tie_word_embeddings": config.tie_embeddings,
        "dtype": "float32",
    }
    if kind == "gpt2":
        return common | {
            "n_embd": config.hidden_size,
            "n_layer": config.num_layers,
            "n_head": config.num_heads,
            "n_inner": config.intermediate_size,
            "n_positions": config.max_positions,
            "n_ctx": config.max_positions,
            "layer_norm_epsilon": config.norm_eps,
            "activation_function": _GPT2_ACTIVATIONS[config.activation],
            "attn_pdrop": config.dropout,
            "embd_pdrop": config.dropout,
            "resid_pdrop": config.dropout,
        }
    window: dict[str, Any] = {}
    if kind == "mistral":
        window = {"sliding_window": config.sliding_window}
    elif kind in ("qwen2", "qwen3"):
        window = {
            "use_sliding_window": config.sliding_window is not None,
            "sliding_window": config.sliding_window,
            "max_window_layers": 0,
        }
    biases: dict[str, Any] = {"attention_bias": config.attention_bias} if kind in ("llama", "qwen3") else {}
    if kind == "llama":
        biases["mlp_bias"] = config.mlp_bias
    return (
        common
        | window
        | biases
        | {
            "hidden_size": config.hidden_size,
            "intermediate_size": config.intermediate_size,
            "num_hidden_layers": config.num_layers,
            "num_attention_heads": config.num_heads,
            "num_key_value_heads": config.num_kv_heads,
            "head_dim": config.head_dim,
            "hidden_act": "silu",
            "max_position_embeddings": config.max_positions,
            "rms_norm_eps": config.norm_eps,
            "rope_theta": config.rope_theta,
            "rope_scaling": _write_scaling(config.rope_scaling),
            "attention_dropout": config.dropout,
        }
    )


def _write_scaling(scaling: RopeScaling | None) -> dict[str, Any] | None:
    if scaling is None:
        return None
    if scaling.kind == "linear":
        return {"rope_type": "linear", "factor": scaling.factor}
    return {
        "rope_type": "llama3",
        "factor": scaling.factor,
        "low_freq_factor": scaling.low_frequency,
        "high_freq_factor": scaling.high_frequency,
        "original_max_position_embeddings": scaling.original_positions,
    }
