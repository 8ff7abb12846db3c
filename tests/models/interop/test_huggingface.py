import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from homespun.errors import CorruptWeights, UsageError
from models.blocks.scaling import RopeScaling
from models.interop.huggingface import from_transformers, to_transformers
from models.nets.decoder import Decoder, DecoderConfig
from models.tokenizers.bpe import BPETokenizer
from models.tokenizers.chat_template import render
from models.tokenizers.fast import Tokenizer

LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
SMALL = {
    "vocab_size": 96,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "rope_parameters": {"rope_type": "default", "rope_theta": 5000.0},
    "bos_token_id": 0,
    "eos_token_id": 8,
}
GPT2 = {"vocab_size": 96, "n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 64}
GPT2 |= {"bos_token_id": 0, "eos_token_id": 8}
THEIRS = {
    "llama": ("Llama", SMALL),
    "llama-biases-tied": (
        "Llama",
        SMALL | {"attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True, "rms_norm_eps": 1e-3},
    ),
    "llama3-scaling": ("Llama", SMALL | {"rope_parameters": LLAMA3}),
    "llama-linear-scaling": (
        "Llama",
        SMALL | {"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0}},
    ),
    "mistral-window": ("Mistral", SMALL | {"sliding_window": 5, "head_dim": 16}),
    "qwen2": ("Qwen2", SMALL),
    "qwen2-window": (
        "Qwen2",
        SMALL | {"use_sliding_window": True, "sliding_window": 6, "max_window_layers": 0},
    ),
    "qwen3": ("Qwen3", SMALL | {"head_dim": 16, "tie_word_embeddings": True}),
    "qwen3-biases": ("Qwen3", SMALL | {"head_dim": 8, "attention_bias": True}),
    "gpt2": ("GPT2", GPT2),
    "gpt2-exact-untied": (
        "GPT2",
        GPT2 | {"activation_function": "gelu", "tie_word_embeddings": False, "n_inner": 40},
    ),
}
OURS = {
    "llama": DecoderConfig.llama(96, 32, 3, 4, num_kv_heads=2, max_positions=64, rope_theta=777.0),
    "llama-scaled": DecoderConfig.llama(
        96, 32, 3, 4, max_positions=64, mlp_bias=True, rope_scaling=RopeScaling("llama3", 4.0, 1.0, 4.0, 16)
    ),
    "llama-linear": DecoderConfig.llama(
        96, 32, 3, 4, max_positions=64, rope_scaling=RopeScaling("linear", 2.0)
    ),
    "mistral": DecoderConfig.llama(96, 32, 3, 4, max_positions=64, sliding_window=5, tie_embeddings=False),
    "mistral-odd-width": DecoderConfig.llama(96, 40, 3, 6, head_dim=8, max_positions=64),
    "qwen2": DecoderConfig.llama(96, 32, 3, 4, max_positions=64, attention_bias=True, output_bias=False),
    "qwen3": DecoderConfig.llama(96, 32, 3, 4, num_kv_heads=1, head_dim=16, max_positions=64, qk_norm=True),
    "qwen3-window": DecoderConfig.llama(96, 32, 3, 4, max_positions=64, qk_norm=True, sliding_window=7),
    "gpt2": DecoderConfig.gpt2(96, 32, 3, 4, max_positions=64),
    "gpt2-relu2": DecoderConfig.gpt2(
        96, 32, 3, 4, max_positions=64, activation="relu2", tie_embeddings=False
    ),
}


def shake(net: torch.nn.Module) -> None:
    """Parameters that all matter: a bias of 0 or a norm of 1 would hide that it was not copied."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.15 * torch.randn(parameter.shape, generator=generator))


def tokens() -> Tensor:
    return torch.randint(0, 96, (2, 40), generator=torch.Generator().manual_seed(3))


def close(left: Tensor, right: Tensor) -> None:
    assert left.std() > 0.1  # else equality would show little
    torch.testing.assert_close(left, right, rtol=0, atol=1e-4)


def theirs(name: str) -> torch.nn.Module:
    import transformers

    family, values = THEIRS[name]
    torch.manual_seed(0)
    config = getattr(transformers, f"{family}Config")(**values)
    config._attn_implementation = "eager"
    classes = {"GPT2": "GPT2LMHeadModel"}
    net = getattr(transformers, classes.get(family, f"{family}ForCausalLM"))(config).eval()
    shake(net)
    return net


@pytest.mark.parametrize("name", sorted(THEIRS))
@torch.no_grad()
def test_their_weights_give_their_logits_here(name: str, tmp_path: Path) -> None:
    net = theirs(name)
    net.save_pretrained(tmp_path)
    close(from_transformers(tmp_path)(tokens()), net(tokens()).logits)


@pytest.mark.parametrize("name", sorted(OURS))
@torch.no_grad()
def test_our_weights_give_our_logits_there_and_come_back(name: str, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    net = Decoder(OURS[name]).eval()
    shake(net)
    to_transformers(net, tmp_path / "out")
    there = AutoModelForCausalLM.from_pretrained(tmp_path / "out", attn_implementation="eager").eval()
    assert there.config.model_type == name.partition("-")[0]
    close(there(tokens()).logits, net(tokens()))
    back = from_transformers(tmp_path / "out")
    assert back.num_parameters() == net.num_parameters() == there.num_parameters()
    assert all(torch.equal(value, back.state_dict()[key]) for key, value in net.state_dict().items())
    close(back(tokens()), net(tokens()))


@torch.no_grad()
def test_shards_and_half_precision_are_read(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    net = theirs("llama").to(torch.bfloat16)
    net.save_pretrained(tmp_path, max_shard_size="10KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    loaded = from_transformers(tmp_path)
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float32}
    # Theirs too is read anew: a net that was rounded keeps rounded rotary frequencies.
    there = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32, attn_implementation="eager")
    close(loaded(tokens()), there(tokens()).logits)


@torch.no_grad()
def test_the_first_gpt2_checkpoints_are_read(tmp_path: Path) -> None:
    """Those have no "transformer." before their names, and the causal mask among their weights."""
    net = theirs("gpt2")
    net.save_pretrained(tmp_path)
    weights = tmp_path / "model.safetensors"
    old = {name.removeprefix("transformer."): value for name, value in load_file(weights).items()}
    old |= {f"h.{layer}.attn.bias": torch.ones(1, 1, 64, 64) for layer in range(3)}
    save_file(old, weights)
    close(from_transformers(tmp_path)(tokens()), net(tokens()).logits)


@torch.no_grad()
def test_a_copy_of_a_tied_embedding_is_left_out(tmp_path: Path) -> None:
    net = theirs("qwen3")
    net.save_pretrained(tmp_path)
    weights = tmp_path / "model.safetensors"
    tensors = load_file(weights)
    save_file(tensors | {"lm_head.weight": tensors["model.embed_tokens.weight"].clone()}, weights)
    close(from_transformers(tmp_path)(tokens()), net(tokens()).logits)


@torch.no_grad()
def test_rope_settings_of_older_versions_are_read(tmp_path: Path) -> None:
    net = theirs("llama3-scaling")
    net.save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    values = json.loads(path.read_text())
    rope = values.pop("rope_parameters")
    values |= {"rope_theta": rope.pop("rope_theta"), "rope_scaling": rope}
    path.write_text(json.dumps(values))
    close(from_transformers(tmp_path)(tokens()), net(tokens()).logits)


def test_the_tokenizer_goes_along(tmp_path: Path) -> None:
    from transformers import AutoTokenizer, GenerationConfig

    trained = BPETokenizer.train(["hello there, general. " * 20, "a cat and a hat"], 300)
    tokenizer = Tokenizer.from_json(trained.to_json())
    torch.manual_seed(0)
    net = Decoder(DecoderConfig.llama(tokenizer.vocab_size, 32, 1, 4, max_positions=64))
    to_transformers(net, tmp_path / "out", tokenizer)
    there = AutoTokenizer.from_pretrained(tmp_path / "out")
    text = "hello there, cat <|end|> größer 漢字"
    assert there("hello there, général", add_special_tokens=False).input_ids == tokenizer.encode(
        "hello there, général"
    )
    assert there.decode(tokenizer.encode(text)) == text
    assert (there.bos_token_id, there.eos_token_id, there.pad_token_id) == (0, 8, 1)
    assert there.model_max_length == 64
    messages = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "there"}]
    templated = there.apply_chat_template(messages, add_generation_prompt=True)["input_ids"]
    assert templated == render(messages, tokenizer)
    generation = GenerationConfig.from_pretrained(tmp_path / "out")
    assert (generation.bos_token_id, generation.eos_token_id, generation.pad_token_id) == (0, 8, 1)


def edited(folder: Path, name: str = "llama", **changes) -> Path:
    """A folder of a small model of ours whose config.json says something else."""
    torch.manual_seed(0)
    to_transformers(Decoder(OURS[name]), folder)
    path = folder / "config.json"
    values = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in values.items() if value != "absent"}))
    return folder


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("llama", {"model_type": "mamba"}, "'mamba'.*gpt2, llama, mistral, qwen2, qwen3"),
        ("llama", {"model_type": "absent"}, "None.*supported are"),
        ("llama", {"hidden_act": "gelu"}, "activation 'gelu'.*only silu"),
        ("llama", {"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}, "'yarn'.*linear and llama3"),
        ("llama", {"rope_scaling": {"type": "dynamic", "factor": 4.0}}, "'dynamic'"),
        ("llama", {"rope_scaling": {"rope_type": "linear"}}, "no factor"),
        ("llama", {"partial_rotary_factor": 0.5}, "part of each head"),
        ("llama", {"quantization_config": {"bits": 4}}, "quantised"),
        ("llama", {"num_hidden_layers": "absent"}, "no num_hidden_layers"),
        ("llama", {"num_key_value_heads": 3}, "multiple of num_kv_heads"),
        ("qwen3-window", {"max_window_layers": 1}, "only some layers"),
        ("qwen3", {"use_sliding_window": True, "sliding_window": 4, "layer_types": ["a", "b"]}, "only some"),
        ("gpt2", {"activation_function": "tanh"}, "'tanh'.*gelu_new"),
        ("gpt2", {"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx"),
    ],
)
def test_what_would_be_computed_wrongly_is_refused(
    name: str, changes: dict, words: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=words):
        from_transformers(edited(tmp_path / "net", name, **changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"num_hidden_layers": 4}, r"missing layers\.3.*and 6 more"),
        ({"num_hidden_layers": 2}, r"left over .*layers\.2"),
        ({"vocab_size": 97}, "wrong shape embedding.weight"),
        ({"tie_word_embeddings": False}, "missing head.weight"),
    ],
)
def test_weights_that_do_not_fit_are_refused(changes: dict, words: str, tmp_path: Path) -> None:
    with pytest.raises(CorruptWeights, match=words):
        from_transformers(edited(tmp_path / "net", **changes))


def test_damaged_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no model in .*config\.json"):
        from_transformers(tmp_path)
    folder = edited(tmp_path / "net")
    weights, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    weights.write_bytes(weights.read_bytes()[:-9])
    with pytest.raises(CorruptWeights, match="copy the folder again"):
        from_transformers(folder)
    weights.rename(tmp_path / "outside.safetensors")
    with pytest.raises(UsageError, match="no safetensors weights"):
        from_transformers(folder)
    index.write_text("{}")
    with pytest.raises(CorruptWeights, match="damaged"):
        from_transformers(folder)
    index.write_text(json.dumps({"weight_map": {"a": "../outside.safetensors"}}))
    with pytest.raises(CorruptWeights, match="isn't in its folder"):
        from_transformers(folder)
    (folder / "config.json").write_text("{")
    with pytest.raises(UsageError, match="isn't JSON"):
        from_transformers(folder)


@pytest.mark.parametrize(
    "config",
    [
        DecoderConfig.llama(96, 32, 1, 4, positions="sinusoidal"),
        DecoderConfig.llama(96, 32, 1, 4, activation="relu2"),
        DecoderConfig.llama(96, 32, 1, 4, qk_norm=True, mlp_bias=True),
        DecoderConfig.llama(96, 32, 1, 4, sliding_window=4, attention_bias=True),
        DecoderConfig.gpt2(96, 32, 1, 4, num_kv_heads=2),
        DecoderConfig.gpt2(96, 32, 1, 4, mlp_bias=False),
    ],
)
def test_a_decoder_without_an_architecture_there_is_refused(config: DecoderConfig, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no architecture of transformers"):
        to_transformers(Decoder(config), tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_reading_and_writing_need_no_transformers(tmp_path: Path) -> None:
    folder = edited(tmp_path / "net")
    code = (
        "import sys; sys.modules['transformers'] = None\n"
        "from models.interop.huggingface import from_transformers, to_transformers\n"
        f"to_transformers(from_transformers({str(folder)!r}), {str(tmp_path / 'again')!r})"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, env=dict(os.environ))
    assert (tmp_path / "again" / "model.safetensors").exists()
