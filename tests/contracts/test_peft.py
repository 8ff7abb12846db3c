"""PEFT reads the adapters that we write, we read those that it writes, and both compute the same."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from homespun.errors import CorruptWeights, UsageError
from models.blocks.lora import LoRAConfig, adapted, adapter_state, adapters, merged
from models.chat.homespun import ChatHomespun
from models.chat.weights import locate, open_brain
from models.interop.bert import to_bert
from models.interop.huggingface import to_transformers
from models.interop.peft import to_peft, with_peft
from models.nets.decoder import Decoder, DecoderConfig
from models.nets.encoder import Encoder
from models.nets.encoder_config import EncoderConfig

transformers = pytest.importorskip("transformers")
peft = pytest.importorskip("peft")

# What PEFT 0.21 asks of transformers 5.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

IDS = torch.tensor([[5, 9, 2, 77, 31, 8, 8, 40]])
TOLERANCE = {"atol": 1e-5, "rtol": 1e-5}
KINDS: dict[str, dict[str, Any]] = {"lora": {}, "rslora": {"rslora": True}, "dora": {"dora": True}}
DECODERS = {
    "qwen3": DecoderConfig.llama(
        96, 32, 2, 4, num_kv_heads=2, head_dim=8, intermediate_size=48, qk_norm=True, tie_embeddings=True
    ),
    "llama": DecoderConfig.llama(96, 32, 2, 4, intermediate_size=48),
    "gpt2": DecoderConfig.gpt2(96, 32, 2, 4, max_positions=64),
}
TARGETS = {
    "qwen3": ("query", "key", "value", "attention.output", "gate", "up", "down"),
    "llama": ("query", "up", "head"),
    "gpt2": ("query", "key", "value", "attention.output", "up"),
}


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(3)


def stirred(net: nn.Module) -> nn.Module:
    """The net with its adapters as after training: no B is zero."""
    with torch.no_grad():
        for _, module in adapters(net):
            module.lora_B.normal_(0, 0.3)
            if module.magnitude is not None:
                module.magnitude.mul_(torch.rand_like(module.magnitude) + 0.5)
    return net


def decoder(kind: str, folder: Path) -> Decoder:
    net = Decoder(DECODERS[kind]).eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.1)
    to_transformers(net, folder)
    return net


def foreign(folder: Path) -> nn.Module:
    loaded: nn.Module = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    return loaded


def logits(net: Any) -> Tensor:
    with torch.no_grad():
        found = net(IDS)
    return found if isinstance(found, Tensor) else found.logits


def peft_adapter(model: Any, folder: Path, **settings: Any) -> Any:
    """An adapter by PEFT on a model, stirred and saved."""
    config = peft.LoraConfig(**{"r": 4, "lora_alpha": 6, "task_type": "CAUSAL_LM", **settings})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = peft.get_peft_model(model, config).eval()
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0, 0.3)
            elif "magnitude" in name:
                parameter.mul_(torch.rand_like(parameter) + 0.5)
    made.save_pretrained(str(folder))
    return made


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", DECODERS)
def test_peft_computes_what_our_adapter_on_a_decoder_does(family: str, kind: str, tmp_path: Path) -> None:
    net = decoder(family, tmp_path / "base")
    ours = stirred(adapted(net, LoRAConfig(rank=3, alpha=5.0, targets=TARGETS[family], **KINDS[kind])))
    to_peft(ours, tmp_path / "adapter", base=str(tmp_path / "base"))
    theirs = peft.PeftModel.from_pretrained(foreign(tmp_path / "base"), str(tmp_path / "adapter")).eval()
    assert (logits(ours) - logits(net)).abs().max() > 0.01
    torch.testing.assert_close(logits(theirs), logits(ours), **TOLERANCE)
    torch.testing.assert_close(logits(merged(ours)), logits(ours), **TOLERANCE)
    back = with_peft(net, tmp_path / "adapter")
    torch.testing.assert_close(logits(back), logits(ours), **TOLERANCE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", DECODERS)
def test_a_decoder_computes_what_an_adapter_of_peft_does(family: str, kind: str, tmp_path: Path) -> None:
    net = decoder(family, tmp_path / "base")
    targets = ["c_attn", "c_proj", "c_fc"] if family == "gpt2" else ["q_proj", "v_proj", "down_proj"]
    theirs = peft_adapter(
        foreign(tmp_path / "base"),
        tmp_path / "adapter",
        target_modules=targets,
        fan_in_fan_out=family == "gpt2",
        use_rslora=kind == "rslora",
        use_dora=kind == "dora",
    )
    ours = with_peft(net, tmp_path / "adapter")
    torch.testing.assert_close(logits(ours), logits(theirs), **TOLERANCE)
    assert ours.embedding.weight.data_ptr() == net.embedding.weight.data_ptr()
    to_peft(ours, tmp_path / "again")
    before, after = (
        load_file(tmp_path / name / "adapter_model.safetensors") for name in ("adapter", "again")
    )
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("kind", KINDS)
def test_a_module_of_transformers_goes_both_ways(kind: str, tmp_path: Path) -> None:
    config = transformers.OPTConfig(
        vocab_size=96, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, ffn_dim=48,
        max_position_embeddings=64, word_embed_proj_dim=32, dropout=0.0, tie_word_embeddings=False,
    )  # fmt: skip
    model = transformers.OPTForCausalLM(config).eval()
    ours = stirred(adapted(model, LoRAConfig(rank=3, targets=("q_proj", "fc1"), **KINDS[kind])))
    to_peft(ours, tmp_path / "ours")
    torch.testing.assert_close(logits(with_peft(model, tmp_path / "ours")), logits(ours), **TOLERANCE)
    expected, plain = logits(ours), logits(model)
    theirs = peft.PeftModel.from_pretrained(model, str(tmp_path / "ours")).eval()
    torch.testing.assert_close(logits(theirs), expected, **TOLERANCE)
    model = theirs.unload()
    assert torch.equal(logits(model), plain)
    flags = {"use_rslora": kind == "rslora", "use_dora": kind == "dora"}
    theirs = peft_adapter(model, tmp_path / "theirs", target_modules=["v_proj", "fc2"], **flags)
    expected = logits(theirs)
    again = with_peft(theirs.unload(), tmp_path / "theirs")
    torch.testing.assert_close(logits(again), expected, **TOLERANCE)


def test_an_encoder_goes_both_ways(tmp_path: Path) -> None:
    config = EncoderConfig(96, 32, 2, 4, 48, max_positions=64)
    net = Encoder(config).eval()
    to_bert(net, tmp_path / "base")
    ours = stirred(adapted(net, LoRAConfig(rank=3, targets=("query", "attention.output", "up"))))
    to_peft(ours, tmp_path / "ours")
    model = transformers.BertModel.from_pretrained(tmp_path / "base", attn_implementation="eager").eval()
    theirs = peft.PeftModel.from_pretrained(model, str(tmp_path / "ours")).eval()
    mask = torch.ones_like(IDS)
    with torch.no_grad():
        expected = ours(IDS)
        found = theirs(input_ids=IDS, attention_mask=mask).last_hidden_state
        again = with_peft(net, tmp_path / "ours")(IDS)
    torch.testing.assert_close(found, expected, **TOLERANCE)
    torch.testing.assert_close(again, expected, **TOLERANCE)


@pytest.mark.parametrize("rslora", [False, True])
def test_ranks_and_alphas_by_map_are_kept(rslora: bool, tmp_path: Path) -> None:
    net = decoder("llama", tmp_path / "base")
    theirs = peft_adapter(
        foreign(tmp_path / "base"),
        tmp_path / "adapter",
        target_modules=["q_proj", "v_proj", "up_proj"],
        rank_pattern={"q_proj": 2, r"model\.layers\.1\.self_attn\.v_proj": 6},
        alpha_pattern={"layers.0.mlp.up_proj": 11},
        use_rslora=rslora,
    )
    ours = with_peft(net, tmp_path / "adapter")
    torch.testing.assert_close(logits(ours), logits(theirs), **TOLERANCE)
    assert {module.config.rank for _, module in adapters(ours)} == {2, 4, 6}
    to_peft(ours, tmp_path / "again")
    reread = peft.PeftModel.from_pretrained(foreign(tmp_path / "base"), str(tmp_path / "again")).eval()
    torch.testing.assert_close(logits(reread), logits(theirs), **TOLERANCE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("targets", [("query", "value"), ("key",)])
def test_a_part_of_the_joined_map_of_gpt2_is_expressed(
    targets: tuple[str, ...], kind: str, tmp_path: Path
) -> None:
    net = decoder("gpt2", tmp_path / "base")
    ours = stirred(adapted(net, LoRAConfig(rank=3, targets=targets, **KINDS[kind])))
    to_peft(ours, tmp_path / "adapter")
    theirs = peft.PeftModel.from_pretrained(foreign(tmp_path / "base"), str(tmp_path / "adapter")).eval()
    torch.testing.assert_close(logits(theirs), logits(ours), **TOLERANCE)


@pytest.mark.parametrize("family", ["llama", "gemma"])
def test_an_address_puts_an_adapter_of_peft_on_a_checkpoint(
    checkpoint: Callable[[str], Path], family: str, tmp_path: Path
) -> None:
    base = checkpoint(family)
    peft_adapter(foreign(base), tmp_path / "adapter", target_modules=["q_proj", "up_proj"])
    names = [f"hf:{base}", f"hf:{base}+{tmp_path / 'adapter'}"]
    plain, changed = (open_brain(locate(name), 1).net for name in names)
    assert {part.data_ptr() for part in plain.parameters()} < {
        part.data_ptr() for part in changed.parameters()
    }
    expected = peft.PeftModel.from_pretrained(foreign(base), str(tmp_path / "adapter")).eval()
    with torch.no_grad():
        torch.testing.assert_close(changed(IDS), logits(expected), **TOLERANCE)
    said = [
        ChatHomespun(model=name, temperature=0, max_tokens=6, threads=1).invoke("Hello") for name in names
    ]
    assert all(
        message.response_metadata["model_name"] == name for message, name in zip(said, names, strict=True)
    )
    assert locate(names[0]).fingerprint != locate(names[1]).fingerprint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    net = Decoder(DECODERS["llama"])
    to_peft(stirred(adapted(net, LoRAConfig(rank=3))), tmp_path / "adapter")
    return tmp_path / "adapter"


def changed(**values: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "adapter_config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))

    return change


def replaced(name: str, content: bytes | None) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).unlink() if content is None else (folder / name).write_bytes(content)

    return change


def retensored(change: Callable[[dict[str, Tensor]], None]) -> Callable[[Path], None]:
    def rewrite(folder: Path) -> None:
        tensors = load_file(folder / "adapter_model.safetensors")
        change(tensors)
        save_file(tensors, folder / "adapter_model.safetensors")

    return rewrite


def _drop(tensors: dict[str, Tensor]) -> None:
    del tensors[sorted(tensors)[0]]


def _cut(tensors: dict[str, Tensor]) -> None:
    name = next(name for name in tensors if "lora_A" in name)
    tensors[name] = tensors[name][:, :5].contiguous()


def _embed(tensors: dict[str, Tensor]) -> None:
    tensors["base_model.model.model.embed_tokens.lora_embedding_A"] = torch.zeros(3, 96)


def _elsewhere(tensors: dict[str, Tensor]) -> None:
    for name in list(tensors):
        tensors[name.replace("q_proj", "c_attn")] = tensors.pop(name)


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        (changed(peft_type="IA3"), UsageError, "only LORA"),
        (changed(bias="all"), UsageError, "bias"),
        (changed(modules_to_save=["lm_head"]), UsageError, "modules_to_save"),
        (changed(target_parameters=["experts"]), UsageError, "target_parameters"),
        (changed(init_lora_weights="pissa_niter_4"), UsageError, "pissa"),
        (changed(r=0), CorruptWeights, "rank"),
        (changed(r=5), CorruptWeights, "rank 5"),
        (changed(lora_alpha="much"), CorruptWeights, "damaged"),
        (changed(rank_pattern={"(": 3}), CorruptWeights, "damaged"),
        (changed(use_dora=True), CorruptWeights, "magnitude"),
        (replaced("adapter_config.json", b"{"), CorruptWeights, "can't be read"),
        (replaced("adapter_config.json", b"[1]"), CorruptWeights, "no object"),
        (replaced("adapter_config.json", None), UsageError, "no adapter"),
        (replaced("adapter_model.safetensors", b"\0" * 40), CorruptWeights, "can't be read"),
        (replaced("adapter_model.safetensors", None), CorruptWeights, "safetensors"),
        (retensored(_drop), CorruptWeights, "doesn't fit"),
        (retensored(dict.clear), CorruptWeights, "no adapter"),
        (retensored(_cut), UsageError, "isn't made for this net"),
        (retensored(_embed), UsageError, "only adapters on linear maps"),
        (retensored(_elsewhere), UsageError, "no such linear map"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    folder: Path, change: Callable[[Path], None], error: type[Exception], match: str
) -> None:
    change(folder)
    with pytest.raises(error, match=match) as caught:
        with_peft(Decoder(DECODERS["llama"]), folder)
    assert "\n" not in str(caught.value)


def test_what_peft_cannot_express_is_refused(tmp_path: Path) -> None:
    net = Decoder(DECODERS["llama"])
    names = [name for name, part in net.named_modules() if isinstance(part, nn.Linear)]
    both = adapted(net, {names[0]: LoRAConfig(rank=2), names[1]: LoRAConfig(rank=2, dora=True)})
    with pytest.raises(UsageError, match="several kinds"):
        to_peft(both, tmp_path / "adapter")
    with pytest.raises(UsageError, match="no adapters"):
        to_peft(net, tmp_path / "adapter")
    gpt2 = Decoder(DECODERS["gpt2"])
    owner = "layers.0.attention"
    uneven = adapted(gpt2, {f"{owner}.query": LoRAConfig(alpha=1), f"{owner}.key": LoRAConfig(alpha=2)})
    with pytest.raises(UsageError, match="several scales"):
        to_peft(uneven, tmp_path / "adapter")
    assert not (tmp_path / "adapter").exists()
    assert adapter_state(uneven)
