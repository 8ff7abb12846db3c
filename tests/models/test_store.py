"""Model folders: what is saved comes back, and damage is told in one line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from homespun.errors import CorruptWeights
from models import store
from models.nets.decoder import Decoder, DecoderConfig
from models.tokenizers.bpe import BPETokenizer


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_model, tmp_path / "copy")


def _small_net(**changes: object) -> Decoder:
    torch.manual_seed(1)
    return Decoder(DecoderConfig.llama(300, 16, 1, 2, max_positions=32, **changes))  # type: ignore[arg-type]


TOKENIZER = BPETokenizer.train(["a b c"] * 3, 272).to_json()


@pytest.mark.parametrize("tied", [True, False])
def test_float32_weights_come_back_exactly(tmp_path: Path, tied: bool) -> None:
    net = _small_net(tie_embeddings=tied)
    store.save_model(tmp_path / "m", net, TOKENIZER, dtype="float32", training={"hours": 2})
    loaded = store.load_model(tmp_path / "m")
    ids = torch.tensor([[0, 20, 40]])
    with torch.no_grad():
        assert torch.equal(loaded.net(ids), net.eval()(ids))
    assert loaded.config["training"] == {"hours": 2}
    assert not loaded.net.training


def test_bfloat16_is_half_the_size_and_loads_as_float32(tmp_path: Path) -> None:
    net = _small_net()
    store.save_model(tmp_path / "b", net, TOKENIZER)
    store.save_model(tmp_path / "f", net, TOKENIZER, dtype="float32")
    half, full = ((tmp_path / name / store.WEIGHTS).stat().st_size for name in "bf")
    assert half < 0.6 * full
    weight = store.load_model(tmp_path / "b").net.embedding.weight
    assert weight.dtype == torch.float32
    assert torch.allclose(weight, net.embedding.weight, rtol=1e-2)


def test_saving_again_replaces_the_folder(tmp_path: Path) -> None:
    store.save_model(tmp_path / "m", _small_net(), TOKENIZER)
    old = store.load_model(tmp_path / "m").fingerprint
    (tmp_path / "m" / "left-over").touch()
    store.save_model(tmp_path / "m", _small_net(qk_norm=True), TOKENIZER)
    assert store.load_model(tmp_path / "m").fingerprint != old
    assert not (tmp_path / "m" / "left-over").exists()


def test_fingerprint_ignores_how_it_was_trained_and_sees_everything_else(tmp_path: Path) -> None:
    def saved(name: str, **changes: object) -> str:
        return store.fingerprint(
            store.read_config(store.save_model(tmp_path / name, net, TOKENIZER, **changes))  # type: ignore[arg-type]
        )

    net = _small_net()
    plain = saved("a")
    assert saved("b", training={"x": 1}) == plain
    assert saved("c", generation={"temperature": 1}) != plain
    net = _small_net()
    with torch.no_grad():
        net.embedding.weight[0, 0] += 1
    assert saved("d") != plain


@pytest.mark.parametrize("name", [store.WEIGHTS, store.TOKENIZER])
@pytest.mark.parametrize("harm", ["flip", "truncate", "delete"])
def test_damaged_file_is_named(copy: Path, name: str, harm: str) -> None:
    file = copy / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data if harm == "flip" else data[:-7])
    if harm == "delete":
        file.unlink()
    with pytest.raises(CorruptWeights, match=name) as caught:
        store.load_model(copy)
    assert "\n" not in str(caught.value)
    assert "copy the folder again" in str(caught.value)


def test_truncated_weights_are_refused_also_without_hashing(copy: Path) -> None:
    file = copy / store.WEIGHTS
    file.write_bytes(file.read_bytes()[:-7])
    with pytest.raises(CorruptWeights, match="cannot be read"):
        store.load_model(copy, verify=False)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', '{"format": 9}', '{"format": 1, "files": {}}'])
def test_bad_configuration_is_refused(copy: Path, text: str) -> None:
    (copy / store.CONFIG).write_text(text)
    with pytest.raises(CorruptWeights, match=r"config\.json"):
        store.load_model(copy)


def test_configuration_of_another_net_is_refused(copy: Path) -> None:
    config = json.loads((copy / store.CONFIG).read_text())
    for change in ({"hidden_size": 64}, {"num_layers": 3}, {"hidden_size": -1}, {"unknown": 1}):
        changed = {**config, "net": {**config["net"], **change}}
        (copy / store.CONFIG).write_text(json.dumps(changed))
        with pytest.raises(CorruptWeights):
            store.load_model(copy)


def test_damaged_files_are_named_without_loading(copy: Path) -> None:
    assert store.damaged_files(copy) == []
    (copy / store.TOKENIZER).unlink()
    with (copy / store.WEIGHTS).open("r+b") as stream:
        stream.seek(-1, 2)
        stream.write(b"~")
    assert sorted(store.damaged_files(copy)) == [store.WEIGHTS, store.TOKENIZER]
