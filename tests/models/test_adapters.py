"""Adapters on models: their folders, their addresses, one base in memory, and what is refused."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

import models.shelves
from homespun.errors import CorruptWeights, ModelNotFound, OutOfSpace
from models import load_chat_model
from models.adapters import WEIGHTS, save_adapter
from models.blocks.lora import LoRAConfig, adapted, adapter_parameters, adapter_state, adapters
from models.chat.homespun import ChatHomespun
from models.chat.weights import locate, open_brain
from models.shelves import find_model, list_models
from models.store import damaged_files, fingerprint, load_model, read_config, save_model

LORA = LoRAConfig(rank=2, alpha=4.0, targets=("query", "value", "up"))


@pytest.fixture
def add(homespun_home: Path, tiny_model: Path) -> Callable[..., Path]:
    """Puts the tiny model onto the own shelf and adapters on it, each seed another."""
    shutil.copytree(tiny_model, homespun_home / "models" / "tiny")

    def put(name: str, seed: int = 1, folder: Path | None = None, **settings: Any) -> Path:
        base = load_model(tiny_model)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            net = adapted(base.net, LORA)
            for _, module in adapters(net):
                module.lora_B.data.normal_(0, 0.5)
        return save_adapter(
            (folder or homespun_home / "models" / "tiny") / "adapters" / name,
            **{
                "base": base.fingerprint,
                "lora": LORA,
                "state": adapter_state(net),
                "card": f"# {name}\n\nDrawn for tests.\n\nLicense: MIT\n",
                **settings,
            },
        )

    return put


def test_an_adapter_is_found_read_and_put_on_its_model(add: Callable[..., Path], tiny_model: Path) -> None:
    folder = add("one", generation={"max_tokens": 7}, training={"tokens": 5})
    assert find_model("tiny:one") == folder
    config = read_config(folder)
    assert (config["kind"], config["generation"], config["lora"]) == (
        "adapter",
        {"max_tokens": 7},
        LORA.to_dict(),
    )
    assert damaged_files(folder) == []
    loaded, base = load_model(folder), load_model(tiny_model)
    ids = torch.tensor([[1, 2, 3]])
    assert not torch.equal(loaded.net(ids), base.net(ids))
    assert loaded.config["net"] == base.config["net"]
    assert loaded.config["generation"] == {"max_tokens": 7}
    assert not any(parameter.requires_grad for parameter in loaded.net.parameters())
    assert loaded.fingerprint != base.fingerprint
    assert loaded.fingerprint == locate("tiny:one").fingerprint


def test_an_adapter_of_ones_own_goes_on_a_shipped_model(
    add: Callable[..., Path], homespun_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "shipped"
    shutil.move(homespun_home / "models" / "tiny", shipped / "tiny")
    monkeypatch.setattr(models.shelves, "SHIPPED", shipped)
    own = add("one")
    theirs = add("two", 2, shipped / "tiny")
    hidden = add("one", 3, shipped / "tiny")
    assert not (homespun_home / "models" / "tiny" / "config.json").exists()
    assert find_model("tiny:one") == own != hidden
    assert find_model("tiny:two") == theirs
    assert load_model(own).folder == own
    listed = [(info.name, info.where) for info in list_models()]
    assert listed == [("tiny", "shipped"), ("tiny:one", "home"), ("tiny:two", "shipped")]


def test_adapters_are_listed_behind_their_model(add: Callable[..., Path], homespun_home: Path) -> None:
    add("two", 2)
    folder = add("one")
    (homespun_home / "models" / "tiny" / "adapters" / ".one.0123456789ab.tmp").mkdir()
    listed = list_models()
    assert [info.name for info in listed][:3] == ["tiny", "tiny:one", "tiny:two"]
    one = listed[1]
    assert one.parameters == sum(tensor.numel() for tensor in adapter_state(load_model(folder).net).values())
    assert one.bytes == (folder / WEIGHTS).stat().st_size
    assert (one.license, one.description, one.folder) == ("MIT", "Drawn for tests.", folder)


def test_a_wrong_name_tells_the_nearest(add: Callable[..., Path]) -> None:
    add("recall")
    add("verses", 2)
    for load in (find_model, load_chat_model):
        with pytest.raises(ModelNotFound, match=r"adapter on tiny 'recal'\. Did you mean recall") as caught:
            load("tiny:recal")
        assert "\n" not in str(caught.value)
    with pytest.raises(ModelNotFound, match="There are: recall, verses"):
        find_model("tiny:zzz")
    with pytest.raises(ModelNotFound, match="no model named 'tinny'"):
        find_model("tinny:recall")
    shutil.rmtree(find_model("tiny:recall").parent)
    with pytest.raises(ModelNotFound, match="no other adapter"):
        find_model("tiny:recall")


def test_a_colon_is_ours_where_a_folder_of_ours_stands_before_it(add: Callable[..., Path]) -> None:
    add("one")
    assert isinstance(load_chat_model("tiny:one"), ChatHomespun)
    with pytest.raises(ModelNotFound, match="no model named 'tinny'; there are: tiny"):
        load_chat_model("tinny:one")


def test_adapters_have_one_base_in_memory_and_are_chosen_by_each_request(add: Callable[..., Path]) -> None:
    for seed, name in enumerate(("one", "two", "three", "four")):
        add(name, seed)
    names = ["tiny", "tiny:one", "tiny:two", "tiny:three", "tiny:four"]
    nets: dict[str, Any] = {name: open_brain(locate(name), 1).net for name in names}
    base = {parameter.data_ptr() for parameter in nets["tiny"].parameters()}
    for name in names[1:]:
        own = {part.data_ptr() for part in adapter_parameters(nets[name])}
        assert {parameter.data_ptr() for parameter in nets[name].parameters()} == base | own
    model = ChatHomespun(model="tiny", temperature=0, threads=1, max_tokens=8)
    said = [model.invoke("Hello", model=name).text for name in names]
    assert len(set(said)) > 1
    for name, text in zip(names, said, strict=True):
        assert ChatHomespun(model=name, temperature=0, threads=1, max_tokens=8).invoke("Hello").text == text
    with ThreadPoolExecutor(5) as pool:
        again = list(pool.map(lambda at: model.invoke("Hello", model=names[at % 5]).text, range(15)))
    assert again == said * 3
    answered = model.invoke("Hello", model="tiny:two")
    assert answered.response_metadata["model_name"] == "tiny:two"


def test_generation_defaults_are_the_adapters_where_it_has_any(add: Callable[..., Path]) -> None:
    add("plain")
    add("short", 2, generation={"max_tokens": 3, "temperature": 0.5})
    assert locate("tiny:plain").generation == {"max_tokens": 24}
    assert locate("tiny:short").generation == {"max_tokens": 3, "temperature": 0.5}


def test_the_fingerprint_knows_both(add: Callable[..., Path], homespun_home: Path) -> None:
    add("one", 1)
    first = locate("tiny:one").fingerprint
    add("one", 1, training={"tokens": 9})
    assert locate("tiny:one").fingerprint == first
    add("one", 2)
    second = locate("tiny:one").fingerprint
    config = homespun_home / "models" / "tiny" / "config.json"
    config.write_text(config.read_text().replace('"max_tokens": 24', '"max_tokens": 25'))
    assert len({first, second, locate("tiny:one").fingerprint, locate("tiny").fingerprint}) == 4


def test_an_adapter_of_another_model_is_refused(add: Callable[..., Path]) -> None:
    add("one", base="0" * 64)
    with pytest.raises(CorruptWeights, match="trained on another model") as caught:
        ChatHomespun(model="tiny:one").invoke("Hello")
    assert "\n" not in str(caught.value)


def _cut(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-9])


def _flip(folder: Path) -> None:
    data = bytearray((folder / WEIGHTS).read_bytes())
    data[-1] ^= 1
    (folder / WEIGHTS).write_bytes(data)


def _told(**values: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **values}))

    return change


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (_cut, "SHA-256"),
        (_flip, "SHA-256"),
        (lambda folder: (folder / WEIGHTS).unlink(), "cannot be read"),
        (lambda folder: (folder / "config.json").write_text("{"), "not valid JSON"),
        (lambda folder: (folder / "config.json").write_text("[]"), "no object"),
        (_told(kind="decoder"), "lacks|format|not"),
        (_told(format=9), "format 9"),
        (_told(files={}), "lacks the hash"),
        (_told(lora=3), "lacks 'lora'"),
        (_told(lora={**LORA.to_dict(), "rank": 3}), "doesn't fit"),
        (_told(lora={**LORA.to_dict(), "rank": 0}), "rank"),
        (_told(lora={**LORA.to_dict(), "targets": ["nothing"]}), "nothing"),
    ],
)
def test_what_is_damaged_is_refused_in_one_line(
    add: Callable[..., Path], change: Callable[[Path], None], match: str
) -> None:
    folder = add("one")
    change(folder)
    with pytest.raises(CorruptWeights, match=match) as caught:
        load_model(folder)
    assert "\n" not in str(caught.value)
    with pytest.raises(CorruptWeights):
        ChatHomespun(model="tiny:one").invoke("Hello")


def test_a_damaged_file_is_named(add: Callable[..., Path]) -> None:
    folder = add("one")
    _flip(folder)
    assert damaged_files(folder) == [WEIGHTS]


def test_writing_a_model_anew_keeps_the_adapters_in_its_folder(
    add: Callable[..., Path], homespun_home: Path
) -> None:
    add("one")
    target = homespun_home / "models" / "tiny"
    loaded = load_model(target)
    save_model(target, loaded.net, loaded.tokenizer.json, generation={"max_tokens": 9})
    assert find_model("tiny:one").is_dir()
    assert fingerprint(read_config(target)) != loaded.fingerprint


def test_a_full_disk_leaves_the_old_adapter(
    add: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = add("one")
    before = (folder / WEIGHTS).read_bytes()

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutOfSpace):
        add("one", 2)
    monkeypatch.undo()
    assert (folder / WEIGHTS).read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["one"]
