import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from homespun.errors import CorruptWeights, UsageError
from models.interop.bert import from_bert, to_bert
from models.interop.bert_layout import read_config
from models.nets.encoder import Encoder, EncoderConfig

SMALL = {
    "vocab_size": 97,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
}
THEIRS = {
    "bert": ("Bert", SMALL),
    "bert-tanh-gelu": ("Bert", SMALL | {"hidden_act": "gelu_new", "layer_norm_eps": 1e-3}),
    "bert-one-type": ("Bert", SMALL | {"type_vocab_size": 1, "num_attention_heads": 2}),
    "roberta": ("Roberta", SMALL | {"type_vocab_size": 1, "pad_token_id": 1}),
    "xlm-roberta": ("XLMRoberta", SMALL | {"type_vocab_size": 1, "pad_token_id": 1}),
}


def theirs(name: str, folder: Path, head: str = "Model", **options):
    import transformers

    kind, values = THEIRS[name]
    torch.manual_seed(5)
    config = getattr(transformers, f"{kind}Config")(**values)
    net = getattr(transformers, f"{kind}{head}")(config, **options).eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    net.save_pretrained(folder)
    return net


def inputs() -> tuple[torch.Tensor, torch.Tensor]:
    ids = torch.randint(5, 97, (4, 30), generator=torch.Generator().manual_seed(2))
    mask = torch.arange(30)[None, :] < torch.tensor([30, 17, 5, 1])[:, None]
    return ids.masked_fill(~mask, 1), mask


@pytest.mark.parametrize("name", THEIRS)
@torch.no_grad()
def test_states_are_theirs(name: str, tmp_path: Path) -> None:
    net, (ids, mask) = theirs(name, tmp_path), inputs()
    ours = from_bert(tmp_path)
    wanted = net(ids, attention_mask=mask.long())
    states = ours(ids, mask=mask)
    assert (states - wanted.last_hidden_state)[mask].abs().max() < 1e-4
    assert (ours.pooled(states) - wanted.pooler_output).abs().max() < 1e-4


@torch.no_grad()
def test_token_types_are_theirs(tmp_path: Path) -> None:
    net, (ids, _) = theirs("bert", tmp_path), inputs()
    types = (torch.arange(30) > 11).long().expand(4, 30)
    wanted = net(ids, token_type_ids=types).last_hidden_state
    assert (from_bert(tmp_path)(ids, types=types) - wanted).abs().max() < 1e-4


@pytest.mark.parametrize("name", ["bert", "bert-tanh-gelu", "roberta"])
@torch.no_grad()
def test_what_is_written_back_computes_the_same_there(name: str, tmp_path: Path) -> None:
    from transformers import AutoModel

    net, (ids, mask) = theirs(name, tmp_path / "a"), inputs()
    to_bert(from_bert(tmp_path / "a"), tmp_path / "b", tokenizer_json="{}")
    again = AutoModel.from_pretrained(tmp_path / "b")
    left, right = (model(ids, attention_mask=mask.long()).last_hidden_state for model in (net, again))
    assert (left - right)[mask].abs().max() < 1e-5
    one, two = (load_file(tmp_path / part / "model.safetensors") for part in "ab")
    assert one.keys() == two.keys()
    assert all(torch.equal(one[key], two[key]) for key in one)


@torch.no_grad()
def test_an_encoder_of_ours_is_read_back_bit_for_bit(tmp_path: Path) -> None:
    torch.manual_seed(1)
    net = Encoder(EncoderConfig(97, 32, 2, 4, 48, 40)).eval()
    to_bert(net, tmp_path / "e")
    ids, mask = inputs()
    again = from_bert(tmp_path / "e")
    assert torch.equal(net(ids, mask=mask), again(ids, mask=mask))
    assert again.config == net.config


@pytest.mark.parametrize("head", ["ForMaskedLM", "ForSequenceClassification", "ForQuestionAnswering"])
@torch.no_grad()
def test_heads_are_left_aside(head: str, tmp_path: Path) -> None:
    net, (ids, mask) = theirs("bert", tmp_path, head), inputs()
    wanted = net.bert(ids, attention_mask=mask.long()).last_hidden_state
    assert (from_bert(tmp_path)(ids, mask=mask) - wanted)[mask].abs().max() < 1e-4


@torch.no_grad()
def test_short_types_and_old_names_are_read(tmp_path: Path) -> None:
    theirs("bert", tmp_path)
    ids, mask = inputs()
    wanted = from_bert(tmp_path)(ids, mask=mask)
    path = tmp_path / "model.safetensors"
    tensors = load_file(path)
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): tensor
        for name, tensor in tensors.items()
    }
    old["embeddings.position_ids"] = torch.arange(40)[None]
    save_file({f"bert.{name}": tensor.half() for name, tensor in old.items()}, path)
    states = from_bert(tmp_path)(ids, mask=mask)
    assert states.dtype == torch.float32
    assert (states - wanted)[mask].abs().max() < 0.02


def test_weights_that_do_not_fit_are_named(tmp_path: Path) -> None:
    theirs("bert", tmp_path)
    path = tmp_path / "model.safetensors"
    whole = load_file(path)
    some = "encoder.layer.1.output.dense.bias"
    for tensors, said in (
        (
            {name: tensor for name, tensor in whole.items() if name != some},
            "missing layers.1.feedforward.down",
        ),
        (whole | {"encoder.layer.0.adapter.weight": torch.zeros(2)}, "left over encoder.layer.0.adapter"),
        (whole | {some: torch.zeros(5)}, "wrong shape layers.1.feedforward.down"),
    ):
        save_file(tensors, path)
        with pytest.raises(CorruptWeights, match=said):
            from_bert(tmp_path)
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(CorruptWeights, match="copy the folder again"):
        from_bert(tmp_path)
    path.unlink()
    with pytest.raises(UsageError, match="no safetensors weights"):
        from_bert(tmp_path)


def test_a_folder_without_a_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"config\.json"):
        from_bert(tmp_path)
    for text in ("{", "[]"):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(UsageError, match="isn't"):
            from_bert(tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model_type": "mpnet"}, "mpnet"),
        ({"position_embedding_type": "relative_key"}, "relative_key"),
        ({"hidden_act": "silu"}, "silu"),
        ({"is_decoder": True}, "decoder"),
        ({"quantization_config": {"bits": 4}}, "unquantised"),
        ({"vocab_size": None}, "vocab_size"),
    ],
)
def test_what_it_cannot_compute_is_refused(changes: dict, said: str) -> None:
    values = {"model_type": "bert"} | SMALL | changes
    with pytest.raises(UsageError, match=said):
        read_config({name: value for name, value in values.items() if value is not None})
    assert read_config(json.loads(json.dumps({"model_type": "bert"} | SMALL))).max_positions == 40
