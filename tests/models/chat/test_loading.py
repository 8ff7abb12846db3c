"""Addresses and where they lead."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import models
from homespun.errors import ModelNotFound, UsageError
from models import load_chat_model, shelves
from models.chat.homespun import ChatHomespun
from models.chat.scripted import ChatScripted


def test_names_and_paths_lead_to_our_model(tiny_model: Path, homespun_home: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_model, homespun_home / "models" / "mine")
    shutil.copytree(tiny_model, tmp_path / "other" / "models" / "theirs")
    for name, kwargs in (("mine", {}), (str(tiny_model), {}), ("theirs", {"home": tmp_path / "other"})):
        model = load_chat_model(name, temperature=0.5, **kwargs)  # type: ignore[arg-type]
        assert isinstance(model, ChatHomespun)
        assert model.temperature == 0.5


@pytest.mark.parametrize(
    "name",
    [
        "missing",
        "mine:adapter",
        "nonsense:model",
        "nonsense:" + "x" * 300,
        "hf:no/such-model",
        "hf:~nobody.here/model",
        "hf:" + "x" * 300,
        "/no/such",
        "nothing",
    ],
)
def test_what_leads_nowhere_says_what_there_is(tiny_model: Path, homespun_home: Path, name: str) -> None:
    shutil.copytree(tiny_model, homespun_home / "models" / "mine")
    with pytest.raises(ModelNotFound) as caught:
        load_chat_model(name)
    assert "\n" not in str(caught.value)
    if name.startswith("mine:"):
        assert "adapter on mine" in str(caught.value)
    elif not name.startswith("hf:"):
        said = str(caught.value)
        assert "no model named" in said
        assert all(f"{known}" in said for known in (" mine,", " reader, caller "))
        assert ("PROVIDER:MODEL" in said) == (":" in name)
        assert "anthropic" not in said
        assert len(said) < 400


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("minilm:read", "reader"),
        ("read", "reader"),
        ("minilm:fill", "caller"),
        ("choose", "caller"),
        ("minilm:mine", "reader:mine"),
        ("minilm:chooser", "caller:chooser+fill"),
    ],
)
def test_an_adapter_on_the_encoder_says_which_model_it_belongs_to(
    homespun_home: Path, name: str, use: str
) -> None:
    shelf = homespun_home / "models" / "minilm" / "adapters"
    for own, task in (("mine", "read"), ("chooser", "choose")):
        shutil.copytree(shelves.SHIPPED / "minilm" / "adapters" / task, shelf / own)
    said = f"is an adapter of the encoder: `--model {use}` answers with it"
    with pytest.raises(UsageError, match=re.escape(said)):
        load_chat_model(name)
    folder = shelf / "mine"
    with pytest.raises(UsageError, match=re.escape(f"`--model reader:{folder}`")):
        load_chat_model(str(folder))


def test_an_empty_name_is_refused() -> None:
    with pytest.raises(UsageError, match="empty"):
        load_chat_model("  ")


def test_a_provider_that_is_not_installed_is_named() -> None:
    with pytest.raises(ModelNotFound, match="not installed"):
        load_chat_model("mistralai:mistral-large", api_key="x")


def test_classes_are_reached_through_the_package() -> None:
    assert models.ChatHomespun is ChatHomespun
    assert models.ChatScripted is ChatScripted
    with pytest.raises(AttributeError):
        models.ChatElsewhere  # noqa: B018


def test_importing_the_package_and_listing_models_load_nothing_heavy(tiny_model: Path) -> None:
    code = (
        "import sys, models, models.chat, models.shelves; from pathlib import Path;"
        f"models.shelves.list_models(Path({str(tiny_model.parent.parent)!r}));"
        "print([m for m in ('torch', 'langchain_core', 'transformers') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
