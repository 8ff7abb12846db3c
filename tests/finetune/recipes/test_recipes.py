import dataclasses
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import finetune.data.conversations
from finetune.progress import Reporter
from finetune.recipes import RECIPES
from finetune.recipes.recipe import Context, Recipe
from homespun.errors import ModelNotFound, UsageError
from models.nets.decoder_config import DecoderConfig

SMALL = {
    "max_tokens": str(512 * 12),
    "batch_tokens": "512",
    "window": "128",
    "eval_tokens": "1024",
    "precision": "fp32",
    "device": "cpu",
    "log_every": "1",
    "model.hidden_size": "32",
    "model.num_layers": "1",
    "model.num_heads": "2",
    "model.num_kv_heads": "1",
    "model.head_dim": "16",
    "model.intermediate_size": "48",
    "conversations": "60",
    "vocab_size": "300",
}


def few(seed: int, count: int) -> Iterator[list[dict[str, Any]]]:
    for i in range(count):
        yield [
            {"role": "user", "content": f"Hello number {seed + i}"},
            {"role": "assistant", "content": f"Good to see you, {i}."},
        ]


@pytest.fixture(autouse=True)
def small_talk(monkeypatch: pytest.MonkeyPatch, one_thread: None) -> None:
    monkeypatch.setattr(finetune.data.conversations, "conversations", few)


def context(tmp_path: Path, resume: bool = False, **changes: str) -> tuple[Context, io.StringIO]:
    said = io.StringIO()
    overrides = {**SMALL, **changes}
    return Context(tmp_path, overrides=overrides, resume=resume, threads=1, reporter=Reporter(said)), said


@pytest.mark.parametrize("name", RECIPES.listed())
def test_every_row_loads_and_describes_itself(name: str) -> None:
    recipe = RECIPES[name]
    assert isinstance(recipe, Recipe)
    assert 20 < len(recipe.description) < 110


def test_listing_recipes_imports_no_torch() -> None:
    code = (
        "import sys; from finetune.recipes import RECIPES; [RECIPES[n].description for n in RECIPES];"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3]).returncode == 0


def test_nano_ends_with_a_model_that_loads_a_sample_and_the_command(tmp_path: Path) -> None:
    from models.shelves import find_model
    from models.store import load_model

    given, said = context(tmp_path)
    result = RECIPES["home-nano"].run(given)
    assert result.folder == find_model("home-nano", tmp_path)
    assert load_model(result.folder).config["training"]["tokens"] == 512 * 12
    lines = said.getvalue().splitlines()
    assert lines[-1] == 'homespun chat --model home-nano "Hello"'
    assert any(line.startswith("  you: Hello") for line in lines)
    assert (tmp_path / "runs" / "home-nano" / "tokens" / "train.loss.bin").is_file()


def test_a_finished_run_gives_way_to_a_new_one(tmp_path: Path) -> None:
    RECIPES["home-nano"].run(context(tmp_path)[0])
    again = RECIPES["home-nano"].run(context(tmp_path, max_tokens=str(512 * 3))[0])
    assert again.steps == 3


def test_an_unfinished_run_is_resumed_or_given_up_but_never_lost(tmp_path: Path) -> None:
    RECIPES["home-nano"].run(context(tmp_path)[0])
    run = tmp_path / "runs" / "home-nano"
    (run / "result.json").unlink()
    before = sorted(run.glob("step-*.pt"))
    with pytest.raises(UsageError, match=r"homespun train home-nano --resume.*restart=true"):
        RECIPES["home-nano"].run(context(tmp_path)[0])
    assert sorted(run.glob("step-*.pt")) == before
    resumed = RECIPES["home-nano"].run(context(tmp_path, resume=True, max_tokens=str(512 * 15))[0])
    assert resumed.steps == 15
    (run / "result.json").unlink()
    said = io.StringIO()
    bare = Context(tmp_path, overrides={}, resume=True, threads=1, reporter=Reporter(said))
    assert RECIPES["home-nano"].run(bare).steps == 15, "what was set at first and on resuming is forgotten"
    (run / "result.json").unlink()
    fresh = RECIPES["home-nano"].run(context(tmp_path, restart="true", max_tokens=str(512 * 2))[0])
    assert fresh.steps == 2


def test_a_mistyped_setting_is_told_before_anything_is_prepared(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean max_tokens"):
        RECIPES["home-nano"].run(context(tmp_path, max_token="5")[0])
    with pytest.raises(UsageError, match="conversations takes a whole number"):
        RECIPES["home-nano"].run(context(tmp_path, conversations="many")[0])
    with pytest.raises(UsageError, match="Did you mean hidden_size"):
        RECIPES["home-nano"].run(context(tmp_path, **{"model.hiden_size": "64"})[0])
    assert not (tmp_path / "runs" / "home-nano").exists()


def test_chat_tunes_base_and_base_takes_tokens_that_are_given(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="home-base"):
        RECIPES["home-chat"].run(context(tmp_path)[0])
    nano = RECIPES["home-nano"].run(context(tmp_path)[0])
    tokens = tmp_path / "runs" / "home-nano" / "tokens"  # prepared by nano
    given, said = context(tmp_path, tokens=str(tokens), window="16")
    base = RECIPES["home-base"].run(given)
    assert base.folder.name == "home-base"
    assert said.getvalue().splitlines()[-1].startswith("homespun chat --model home-base")
    overrides = {key: value for key, value in SMALL.items() if not key.startswith(("model.", "vocab"))}
    overrides |= {"memories": "40", "tools": "20", "scenes": "20"}
    tuned = RECIPES["home-chat"].run(
        Context(tmp_path, overrides=overrides, threads=1, reporter=Reporter(io.StringIO(), quiet=True))
    )
    config = json.loads((tuned.folder / "config.json").read_text())
    assert config["net"] == json.loads((base.folder / "config.json").read_text())["net"]
    assert config["training"]["base"]["config"]["name"] == "home-base"
    assert set(config["training"]["sources"]) == {"conversations", "memories", "scenes", "tools"}
    assert nano.folder.is_dir()


def test_an_adapter_is_tuned_registered_and_used_by_its_address(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import models.shelves
    from models.shelves import find_model
    from models.store import load_model

    shutil.copytree(tiny_model, tmp_path / "shipped" / "home")
    monkeypatch.setattr(models.shelves, "SHIPPED", tmp_path / "shipped")
    overrides = {key: value for key, value in SMALL.items() if not key.startswith(("model.", "vocab"))}
    overrides |= {"compile": "off", "lora.rank": "2", "window": "256"}
    said = io.StringIO()
    given = Context(tmp_path, overrides=overrides, threads=1, reporter=Reporter(said))
    result = RECIPES["chat-lora"].run(given)
    assert result.folder == tmp_path / "models" / "home" / "adapters" / "recall"
    assert result.folder == find_model("home:recall", tmp_path)
    assert load_model(result.folder).config["adapter"]["lora"]["rank"] == 2
    assert said.getvalue().splitlines()[-1].startswith("homespun chat --model home:recall ")
    named = {**overrides, "adapter": "other", "memory": "0.5", "max_tokens": "512"}
    assert RECIPES["chat-lora"].run(dataclasses.replace(given, overrides=named)).folder.name == "other"
    for wrong, match in (
        ({"memory": "2"}, "from 0 to 1"),
        ({"base": "home:recall"}, "adapter itself"),
        ({"lora.rnak": "2"}, "Did you mean rank"),
    ):
        with pytest.raises(UsageError, match=match):
            RECIPES["chat-lora"].run(dataclasses.replace(given, overrides={**overrides, **wrong}))


def test_an_adapter_of_home_is_small() -> None:
    from finetune.recipes.chat_lora import LORA
    from models.blocks.lora import LoRAConfig, adapted, adapter_parameters
    from models.nets.decoder import Decoder
    from models.shelves import SHIPPED
    from models.store import read_config

    net = Decoder(DecoderConfig.from_dict(read_config(SHIPPED / "home")["net"]))
    numbers = sum(part.numel() for part in adapter_parameters(adapted(net, LoRAConfig.from_dict(LORA))))
    assert 2 * numbers < 2e6


def test_a_large_models_tokens_are_prepared_in_parts_and_trained_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from finetune.recipes import home_large

    monkeypatch.setattr(home_large, "PART", 2000)
    RECIPES["home-nano"].run(context(tmp_path)[0])
    tokens = tmp_path / "runs" / "home-large" / "tokens"
    shutil.copytree(tmp_path / "runs" / "home-nano" / "tokens", tokens)
    whole = (tokens / "train.bin").read_bytes()
    with pytest.raises(UsageError, match="only"):
        RECIPES["home-large"].run(context(tmp_path, resume=True, prepare="yes")[0])
    made = RECIPES["home-large"].run(context(tmp_path, resume=True, prepare="only")[0])
    assert made.figures()["parts"] == len(list(tokens.glob("*.[0-9][0-9][0-9]"))) > 1
    assert not (tokens / "train.bin").exists()
    with pytest.raises(UsageError, match="--resume"):
        RECIPES["home-large"].run(context(tmp_path)[0])
    assert tokens.is_dir(), "what took long to prepare was removed"
    (tmp_path / "runs" / "home-large" / "overrides.json").unlink(missing_ok=True)
    result = RECIPES["home-large"].run(
        context(tmp_path, resume=True, max_tokens="1024", packing="documents")[0]
    )
    assert (tokens / "train.bin").read_bytes() == whole
    assert result.steps == 2
