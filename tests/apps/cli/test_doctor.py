from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from apps.doctor import examine, packages
from homespun.settings import load_settings
from models.shelves import SHIPPED


@pytest.fixture
def tiny(tiny_model: Path, homespun_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = homespun_home / "models" / "tiny"
    shutil.copytree(tiny_model, folder)
    monkeypatch.setenv("HOMESPUN_MODEL", "tiny")
    return folder


def _of(report: Any, about: str, name: str) -> dict[str, str]:
    return next(f for f in report["findings"] if (f["about"], f["name"]) == (about, name))


def test_a_sound_installation_is_well(homespun: Any, tiny: Path) -> None:
    done = homespun("doctor", "--json")
    report = done.json
    assert [f for f in report["findings"] if f["status"] == "bad"] == []
    assert (done.status, report["ok"]) == (0, True)
    assert "hashes right" in _of(report, "model", "tiny")["value"]
    assert _of(report, "package", "torch")["status"] in ("ok", "note")
    assert "GB free" in _of(report, "machine", "memory")["value"]
    assert homespun("doctor").out.endswith("All is well.\n")


def test_altered_weights_are_found_without_loading_them(homespun: Any, tiny: Path) -> None:
    with (tiny / "model.safetensors").open("r+b") as stream:
        stream.seek(-1, 2)
        stream.write(b"\x55\xaa")
    done = homespun("doctor", "--json")
    assert (done.status, done.json["ok"]) == (1, False)
    finding = _of(done.json, "model", "tiny")
    assert (finding["status"], "model.safetensors" in finding["value"]) == ("bad", True)


def test_adapters_on_the_encoder_are_looked_at_too(homespun: Any, homespun_home: Path, tiny: Path) -> None:
    own = homespun_home / "models" / "minilm" / "adapters" / "choose"
    shutil.copytree(SHIPPED / "minilm" / "adapters" / "choose", own)
    assert "hashes right" in _of(homespun("doctor", "--json").json, "adapter", "read")["value"]
    with (own / "adapter.safetensors").open("r+b") as stream:
        stream.seek(-1, 2)
        stream.write(b"\x55\xaa")
    done = homespun("doctor", "--json")
    finding = _of(done.json, "adapter", "choose")
    assert (done.status, finding["status"]) == (1, "bad")
    assert str(own) in finding["value"]


def test_an_adapter_that_was_made_for_another_model_is_told(homespun: Any, tiny: Path) -> None:
    own = tiny / "adapters" / "recall"
    shutil.copytree(SHIPPED / "home" / "adapters" / "recall", own)
    done = homespun("doctor", "--json")
    finding = _of(done.json, "model", "tiny:recall")
    assert (done.status, finding["status"]) == (1, "bad")
    assert "another model" in finding["value"]
    assert _of(done.json, "model", "home:recall")["status"] == "ok"


def test_a_missing_model_says_how_to_get_one(homespun: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMESPUN_MODEL", "nosuch")
    done = homespun("doctor", "--json")
    assert done.status == 1
    assert "homespun train home-nano" in _of(done.json, "model", "nosuch")["advice"]


def test_more_threads_than_cores_are_told(tiny: Path) -> None:
    findings = examine(load_settings(threads=1000))
    assert [f.name for f in findings if f.status == "bad"] == ["threads"]


def test_versions_are_compared_with_the_pins(tmp_path: Path) -> None:
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("# pins\ntyper==0.0.1\npydantic_settings==0.1  # old\n")
    found = {finding.name: finding for finding in packages(constraints)}
    assert (found["typer"].status, found["typer"].value.endswith("tested with 0.0.1")) == ("note", True)
    assert found["pydantic-settings"].status == "note"
    assert found["safetensors"].status == "ok"
