import json
import subprocess
import sys

import pytest

from homespun.errors import UsageError
from models.blocks.scaling import RopeScaling
from models.nets.decoder_config import DecoderConfig


def test_dictionary_goes_through_json_and_back() -> None:
    config = DecoderConfig.llama(
        64, 32, 2, 4, num_kv_heads=2, sliding_window=8, rope_scaling=RopeScaling("llama3", 8.0)
    )
    again = DecoderConfig.from_dict(json.loads(json.dumps(config.to_dict())))
    assert again == config
    assert hash(again) == hash(config)


def test_llama_fills_what_is_left_out() -> None:
    config = DecoderConfig.llama(100, 64, 2, 4)
    assert (config.num_kv_heads, config.head_dim, config.intermediate_size) == (4, 16, 192)
    assert (config.norm, config.positions, config.activation) == ("rmsnorm", "rope", "swiglu")
    assert [config.attention_bias, config.mlp_bias, config.has_output_bias] == [False] * 3


def test_gpt2_is_gpt2() -> None:
    config = DecoderConfig.gpt2(50257, 768, 12, 12)
    assert config.num_parameters() == 124_439_808  # the published small model
    assert config.has_output_bias


def test_known_public_shapes_have_their_published_counts() -> None:
    qwen3 = DecoderConfig.llama(
        151936, 1024, 28, 16, num_kv_heads=8, head_dim=128, intermediate_size=3072, qk_norm=True
    )
    assert qwen3.num_parameters() == 596_049_920  # Qwen3-0.6B
    smol = DecoderConfig.llama(49152, 576, 30, 9, num_kv_heads=3, intermediate_size=1536)
    assert smol.num_parameters() == 134_515_008  # SmolLM2-135M


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"vocab_size": 0}, "vocab_size must be a positive integer"),
        ({"num_layers": True}, "num_layers must be a positive integer"),
        ({"hidden_size": 32.0}, "hidden_size must be a positive integer"),
        ({"sliding_window": 0}, "sliding_window must be a positive integer"),
        ({"num_kv_heads": 3}, "multiple of num_kv_heads"),
        ({"head_dim": 7}, "head_dim must be even"),
        ({"norm": "batchnorm"}, "norm must be one of rmsnorm, layernorm"),
        ({"positions": "alibi"}, "positions must be one of"),
        ({"activation": "tanh"}, "activation must be one of"),
        ({"dropout": 1.0}, "dropout must be"),
        ({"norm_eps": 0.0}, "norm_eps"),
        ({"qk_norm": 1}, "qk_norm must be true or false"),
        ({"positions": "learned", "rope_scaling": {"kind": "linear", "factor": 2.0}}, "needs rotary"),
        ({"rope_scaling": {"kind": "linear"}}, "factor"),
        ({"colour": "red"}, "has no colour"),
    ],
)
def test_nonsense_is_refused_by_name(change: dict, words: str) -> None:
    values = DecoderConfig.llama(64, 32, 2, 4).to_dict()
    with pytest.raises(UsageError, match=words):
        DecoderConfig.from_dict(values | change)


def test_missing_fields_and_odd_shares_are_refused() -> None:
    with pytest.raises(UsageError, match="hidden_size"):
        DecoderConfig.from_dict({"vocab_size": 4})
    with pytest.raises(UsageError, match="multiple of num_heads"):
        DecoderConfig.llama(64, 30, 2, 4)


def test_a_configuration_needs_no_torch() -> None:
    code = "import sys, models.nets.decoder_config; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
