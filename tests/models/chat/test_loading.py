"""Addresses and where they lead."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import models
from homespun.errors import ModelNotFound, UsageError
from models import load_chat_model
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
    ],
)
def test_what_leads_nowhere_says_what_there_is(tiny_model: Path, homespun_home: Path, name: str) -> None:
    shutil.copytree(tiny_model, homespun_home / "models" / "mine")
    with pytest.raises(ModelNotFound) as caught:
        load_chat_model(name)
    assert "\n" not in str(caught.value)
    if not name.startswith("hf:") and ":" not in name:
        assert "mine" in str(caught.value)


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
        "import sys, models, models.chat, models.store; from pathlib import Path;"
        f"models.store.list_models(Path({str(tiny_model.parent.parent)!r}));"
        "print([m for m in ('torch', 'langchain_core', 'transformers') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
