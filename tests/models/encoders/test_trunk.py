import json
import os
import shutil
import threading
from pathlib import Path

import pytest
import torch

from homespun.errors import CorruptWeights, UsageError
from models.blocks.lora import LoRAConfig, adapted, adapter_parameters
from models.encoders import trunk
from models.encoders.trunk import locate, open_trunk, torch_threads


def dressed(plain: Path, folder: Path, pooling: dict, kinds: tuple[str, ...], **options: object) -> Path:
    """A copy in the layout of sentence-transformers."""
    shutil.copytree(plain, folder)
    modules = [
        {
            "idx": place,
            "name": str(place),
            "path": f"{place}_{kind}" if place else "",
            "type": f"x.models.{kind}",
        }
        for place, kind in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (folder / "sentence_bert_config.json").write_text(json.dumps(options))
    return folder


WHOLE = ("Transformer", "Pooling", "Normalize")


def test_a_plain_folder_reads_its_positions_means_and_normalises(plain: Path) -> None:
    source = locate(str(plain))
    assert (source.max_length, source.pooling, source.normalize) == (48, "mean", True)


@pytest.mark.parametrize(
    ("pooling", "kinds", "wanted"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, WHOLE, ("cls", True)),
        ({"pooling_mode_mean_tokens": True}, WHOLE[:2], ("mean", False)),
        ({"pooling_mode": "cls"}, WHOLE[:2], ("cls", False)),
        ({"pooling_mode": "mean"}, WHOLE, ("mean", True)),
    ],
)
def test_sentence_transformers_layout_is_read(
    plain: Path, tmp_path: Path, pooling: dict, kinds: tuple[str, ...], wanted: tuple
) -> None:
    source = locate(str(dressed(plain, tmp_path / "st", pooling, kinds, max_seq_length=20)))
    assert (source.max_length, source.pooling, source.normalize) == (20, *wanted)


@pytest.mark.parametrize(
    ("pooling", "kinds", "said"),
    [
        ({"pooling_mode": "mean"}, (*WHOLE, "Dense"), "Dense"),
        ({"pooling_mode": ["mean", "max"]}, WHOLE, "mean, max"),
        ({"pooling_mode_max_tokens": True}, WHOLE, "max_tokens"),
    ],
)
def test_what_it_would_compute_wrongly_is_refused(
    plain: Path, tmp_path: Path, pooling: dict, kinds: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        locate(str(dressed(plain, tmp_path / "st", pooling, kinds)))


def test_the_tokenizers_saved_cut_and_padding_are_not_taken_over(plain: Path) -> None:
    loaded = open_trunk(locate(str(plain)))
    one, long = loaded.encode(["a cat", "cat " * 100])
    assert len(one) == 4
    assert len(long) == 48


def test_all_who_ask_share_one_trunk_that_is_loaded_once(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trunk._shelf.cache_clear()
    loads, load = [], trunk._load
    monkeypatch.setattr(trunk, "_load", lambda source: (loads.append(source), load(source))[1])
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(open_trunk(locate(str(plain))))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len({id(one) for one in found}) == 1
    assert len(loads) == 1


def test_a_file_that_changed_changes_the_fingerprint_and_is_loaded_anew(plain: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(plain, tmp_path / "copy")
    before = locate(str(folder))
    first = open_trunk(before)
    os.utime(folder / "model.safetensors", ns=(1, 1))
    after = locate(str(folder))
    assert after.fingerprint != before.fingerprint
    assert open_trunk(after) is not first


def test_weights_that_are_not_the_published_ones_are_refused(plain: Path, homespun_home: Path) -> None:
    folder = shutil.copytree(plain, homespun_home / "models" / "minilm")
    with pytest.raises(CorruptWeights, match=r"SHA-256") as caught:
        open_trunk(locate("minilm"))
    assert str(folder) in str(caught.value)


def test_a_folder_without_a_readable_tokenizer_is_refused(plain: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(plain, tmp_path / "copy")
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(CorruptWeights, match=r"tokenizer\.json"):
        open_trunk(locate(str(folder)))
    (folder / "tokenizer.json").unlink()
    with pytest.raises(UsageError, match="fast tokenizer"):
        open_trunk(locate(str(folder)))


@torch.inference_mode()
def test_token_types_and_an_adapted_net_are_taken(plain: Path) -> None:
    loaded = open_trunk(locate(str(plain)))
    rows, types = [[2, 7, 9, 3, 8, 3], [2, 6, 3]], [[0, 0, 0, 0, 1, 1], [0, 1, 1]]
    made = adapted(loaded.net, LoRAConfig(4))
    for parameter in adapter_parameters(made):
        parameter.normal_(0.0, 0.3)
    for net in (None, made):
        states, mask = loaded.states(rows, types=types, net=net)
        assert mask.tolist() == [[True] * 6, [True] * 3 + [False] * 3]
        for found, row, kinds in zip(states, rows, types, strict=True):
            wanted = (net or loaded.net)(torch.tensor([row]), types=torch.tensor([kinds]))[0]
            torch.testing.assert_close(found[: len(row)], wanted, atol=2e-6, rtol=0)
    assert not torch.allclose(loaded.states(rows)[0], loaded.states(rows, types=types)[0], atol=1e-3)
    assert not torch.allclose(loaded.states(rows)[0], loaded.states(rows, net=made)[0], atol=1e-3)


def test_the_thread_count_is_put_back_also_after_an_error() -> None:
    before = torch.get_num_threads()
    seen = []

    def fail() -> None:
        with torch_threads(before + 1):
            seen.append(torch.get_num_threads())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert seen == [before + 1]
    assert torch.get_num_threads() == before
    with torch_threads(None):
        assert torch.get_num_threads() == before
