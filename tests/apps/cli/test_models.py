from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch


@pytest.fixture
def tiny(tiny_model: Path, homespun_home: Path) -> Path:
    """A model of the user's own."""
    folder = homespun_home / "models" / "tiny"
    shutil.copytree(tiny_model, folder)
    return folder


def test_listing_needs_no_torch_and_counts_parameters(homespun: Any, tiny: Path) -> None:
    listed = homespun("models", "--json").json
    own = next(model for model in listed["models"] if model["name"] == "tiny")
    assert listed["default"] == "home"
    assert own["where"] == "home"
    assert own["folder"] == str(tiny)
    assert own["parameters"] > 10_000
    assert homespun("models", "list", "--json").json == listed
    assert any(line.startswith("tiny ") for line in homespun("models").out.splitlines())


def test_a_long_description_is_cut_between_words(homespun: Any, tiny: Path) -> None:
    (tiny / "README.md").write_text("# Tiny\n\n" + "seventh " * 20 + "\n")
    (line,) = (line for line in homespun("models").out.splitlines() if line.startswith("tiny "))
    assert line.endswith(" seventh…")


def test_showing_gives_the_card_and_the_configuration(homespun: Any, tiny: Path) -> None:
    assert "Random weights for tests." in homespun("models", "show", "tiny").out
    shown = homespun("models", "show", "tiny", "--json").json
    assert shown["config"]["kind"] == "decoder"
    assert shown["card"].startswith("# Tiny")
    assert shown["damaged"] == []


def test_showing_says_which_files_are_altered(homespun: Any, tiny: Path) -> None:
    assert "files: whole" in homespun("models", "show", "tiny").out
    (tiny / "tokenizer.json").write_text("{}")
    assert "files: missing or altered: tokenizer.json" in homespun("models", "show", "tiny").out
    assert homespun("models", "show", "tiny", "--json").json["damaged"] == ["tokenizer.json"]


def test_what_stands_on_the_encoder_is_listed_and_shown(homespun: Any, homespun_home: Path) -> None:
    listed = homespun("models", "--json").json
    assert {"reader", "caller"} == {row["name"] for row in listed["encoded"]}
    assert {"read", "fill", "choose"} <= {row["name"] for row in listed["encoder_adapters"]}
    lines = homespun("models").out.splitlines()
    for name in ("reader", "caller", "read", "fill", "choose"):
        assert any(line.split()[:1] == [name] for line in lines)
    for address in ("read", "minilm:read"):
        shown = homespun("models", "show", address, "--json").json
        assert (shown["config"]["task"], shown["damaged"]) == ("read", [])
    for address in ("reader:read", shown["folder"]):
        assert homespun("models", "show", address, "--json").json["folder"] == shown["folder"]
    for name, used in (
        ("reader", "it uses read\n"),
        ("caller", "name one of: choose, fill\n"),
        ("caller:choose+fill", "name one of: choose, fill\n"),
    ):
        for command in ("show", "card"):
            gone = homespun("models", command, name)
            assert (gone.status, f"{name} has no folder of its own" in gone.line) == (2, True)
            assert gone.line.endswith(used)
    assert "Did you mean read" in homespun("models", "show", "minilm:raed").line


def test_descriptions_end_where_a_sentence_or_a_clause_does(homespun: Any, tiny: Path) -> None:
    def about(text: str) -> str:
        (tiny / "README.md").write_text(f"# Tiny\n\n{text}\n")
        (line,) = (line for line in homespun("models").out.splitlines() if line.startswith("tiny "))
        return str(line.split("  ")[-1].strip())

    assert "…" not in homespun("models").out
    assert about("It hums. " + "And more of that. " * 9) == "It hums."
    assert about("It hums what it heard in the evening, " + "over and over " * 9) == (
        "It hums what it heard in the evening"
    )
    assert about("Ah, " + "seventh " * 20).endswith(" seventh…")


@pytest.mark.parametrize("command", ["card", "show"])
def test_an_unknown_name_lists_all_that_can_be_asked(homespun: Any, tiny: Path, command: str) -> None:
    line = homespun("models", command, "nope").line
    assert all(f" {name}" in line for name in ("tiny", "home:recall", "reader", "caller"))


@pytest.mark.parametrize("name", ["read", "minilm:read", "reader", "reader:read", "caller"])
@pytest.mark.parametrize("peft", [(), ("--peft",)])
def test_what_stands_on_the_encoder_is_not_exported(
    homespun: Any, tmp_path: Path, name: str, peft: tuple[str, ...]
) -> None:
    done = homespun("models", "export", name, str(tmp_path / "out"), *peft)
    assert (done.status, "a head of our own" in done.line, "copy" in done.line) == (2, True, True)
    assert str(Path("minilm", "adapters", "fill" if name == "caller" else "read")) in done.line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["home", "home:recall", "read", "minilm:fill", "choose"])
def test_a_shipped_card_is_what_would_be_written(homespun: Any, name: str) -> None:
    assert homespun("models", "card", name).out == homespun("models", "show", name, "--json").json["card"]


def test_a_shipped_card_is_written_only_where_that_is_said(
    homespun: Any, adapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models import shelves

    monkeypatch.setattr(shelves, "SHIPPED", adapter.parents[2])
    for name, folder in (("tiny", adapter.parents[1]), ("tiny:one", adapter)):
        card = folder / "README.md"
        before = card.read_bytes()
        refused = homespun("models", "card", name, "--write", "--ask", "nowhere")  # told before it's asked
        assert (refused.status, "--shipped" in refused.line, str(card) in refused.line) == (2, True, True)
        assert card.read_bytes() == before
        done = homespun("models", "card", name, "--write", "--shipped")
        assert (done.status, done.out) == (0, f"{card}\n")
        assert b"## Shape" in card.read_bytes()


def test_the_card_of_an_adapter_on_the_encoder_keeps_its_results(
    homespun: Any, encoder_adapter: Any, tmp_path: Path
) -> None:
    card = encoder_adapter("read", "mine") / "README.md"
    done = homespun("models", "card", "reader:mine", "--write")
    assert (done.status, done.out) == (0, f"{card}\n")
    begin, end = "<!-- results -->", "<!-- /results -->"
    table = f"{begin}\n\n| F1 |\n\n{end}"
    card.write_text(f"# old\n\n{table}\n\nold words\n")
    homespun("models", "card", "minilm:mine", "--write")
    text = card.read_text()
    assert table in text
    assert "old words" not in text
    (tmp_path / "lines.txt").write_text("Hello\n")
    refused = homespun("models", "card", "mine", "--ask", str(tmp_path / "lines.txt"))
    assert (refused.status, "talks" in refused.line) == (2, True)


def test_exporting_makes_a_folder_and_never_overwrites(homespun: Any, tiny: Path, tmp_path: Path) -> None:
    target = tmp_path / "exported"
    made = homespun("models", "export", "tiny", str(target), "--json")
    assert made.json == {"model": "tiny", "folder": str(target), "format": "transformers"}
    assert (target / "config.json").is_file()
    assert (target / "model.safetensors").is_file()
    again = homespun("models", "export", "tiny", str(target))
    assert (again.status, "is there already" in again.line) == (2, True)


@pytest.fixture
def adapter(tiny: Path) -> Path:
    """An adapter on it."""
    from models.adapters import save_adapter
    from models.blocks.lora import LoRAConfig, adapted, adapter_state, adapters
    from models.store import load_model

    base, lora = load_model(tiny), LoRAConfig(rank=2, targets=("query", "down"))
    with torch.random.fork_rng():
        torch.manual_seed(3)
        net = adapted(base.net, lora)
        for _, module in adapters(net):
            module.lora_B.data.normal_(0, 0.5)
    training = {
        "tokens": 9, "steps": 2, "hours": 0.5, "valid_loss": 1.5, "valid_bits_per_byte": 0.75,
        "sources": {"memories": {"documents": 1, "characters": 12}},
        "results": [{
            "suite": "chat_memory", "measure": "recalled", "better": "higher",
            "with": [0.5, 0.4, 0.6], "alone": [0.2, 0.1, 0.3],
        }],
        "config": {"name": "chat-lora", "description": "An adapter for tests."},
    }  # fmt: skip
    return save_adapter(
        tiny / "adapters" / "one",
        base=base.fingerprint,
        lora=lora,
        state=adapter_state(net),
        training=training,
        card="# one\n\nDrawn for tests.\n",
    )


def test_adapters_are_listed_and_shown(homespun: Any, adapter: Path) -> None:
    names = [model["name"] for model in homespun("models", "--json").json["models"]]
    assert names[names.index("tiny") + 1] == "tiny:one"
    shown = homespun("models", "show", "tiny:one", "--json").json
    assert (shown["folder"], shown["damaged"], shown["config"]["kind"]) == (str(adapter), [], "adapter")
    text = homespun("models", "show", "tiny:one").out
    assert "Drawn for tests." in text
    assert "\nlora:\n  rank: 2\n  alpha: 8\n  targets: query, down\n" in text
    assert "\n  sources:\n    memories:\n      documents: 1\n" in text
    assert "\n  results:\n    - suite chat_memory, measure recalled" in text
    assert "{" not in text.split("Drawn")[0]
    assert "net:" not in text
    wrong = homespun("models", "show", "tiny:ones")
    assert (wrong.status, "Did you mean one" in wrong.line) == (2, True)


def test_an_adapter_is_exported_merged_or_alone(homespun: Any, adapter: Path, tmp_path: Path) -> None:
    from models.interop.huggingface import from_transformers
    from models.interop.peft import with_peft
    from models.store import load_model

    made = homespun("models", "export", "tiny:one", str(tmp_path / "merged"), "--json").json
    assert made["format"] == "transformers"
    made = homespun("models", "export", "tiny:one", str(tmp_path / "alone"), "--peft", "--json").json
    assert made["format"] == "peft"
    assert json.loads((tmp_path / "alone" / "adapter_config.json").read_text())["r"] == 2
    ids = torch.tensor([[1, 2, 3, 4]])
    expected = load_model(adapter).net(ids)
    base = load_model(adapter.parent.parent).net
    torch.testing.assert_close(from_transformers(tmp_path / "merged")(ids), expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(with_peft(base, tmp_path / "alone")(ids), expected, atol=1e-5, rtol=1e-5)
    refused = homespun("models", "export", "tiny", str(tmp_path / "none"), "--peft")
    assert (refused.status, "is no adapter" in refused.line) == (2, True)
    assert not (tmp_path / "none").exists()


def test_an_adapters_card_says_what_it_buys(homespun: Any, adapter: Path) -> None:
    card = homespun("models", "card", "tiny:one").out
    assert "# tiny:one" in card
    assert "| chat_memory | recalled | higher | 0.500 [0.400, 0.600] | 0.200 [0.100, 0.300] |" in card
    assert "rank 2 (alpha 8) on `query`, `down` of tiny" in card
    assert homespun("models", "card", "tiny:one", "--write").out == f"{adapter / 'README.md'}\n"
    assert (adapter / "README.md").read_text() == card
    # What was put between the marks since, and the answers, aren't known to training: they stay.
    begin, end = "<!-- results -->", "<!-- /results -->"
    head, _, rest = card.partition(begin)
    other = f"{head}{begin}\n\nanother table\n\n{end}{rest.partition(end)[2]}\n## Answers\n\n> Hi\n\nHello.\n"
    (adapter / "README.md").write_text(other)
    homespun("models", "card", "tiny:one", "--write")
    assert (adapter / "README.md").read_text() == other


def test_a_card_takes_figures_from_reports(homespun: Any, adapter: Path, tmp_path: Path) -> None:
    from models.store import load_model

    def report(name: str, value: float, limit: int | None = None) -> str:
        rows = [
            {"measure": "given", "value": value, "low": value - 0.1, "high": value + 0.1, "better": "higher"},
            {"measure": "fallen", "value": None, "low": None, "high": None, "better": "lower"},
            {"measure": "failure_rate", "value": 0.0, "low": 0.0, "high": 0.1, "better": "lower"},
        ]
        suite = {"suite": "talk", "digest": "d", "limit": limit, "system": {"estimates": rows}}
        (tmp_path / name).write_text(json.dumps({"suites": [suite]}))
        return str(tmp_path / name)

    before = load_model(adapter).fingerprint
    sides = ["--measured", report("with", 0.5), "--alone", report("alone", 0.2)]
    homespun("models", "card", "tiny:one", *sides, "--write")
    card = (adapter / "README.md").read_text()
    assert "| talk | given | higher | 0.500 [0.400, 0.600] | 0.200 [0.100, 0.300] |" in card
    assert "chat_memory" not in card
    assert "fail" not in card
    assert homespun("models", "card", "tiny:one").out == card
    assert load_model(adapter).fingerprint == before
    for wrong in (
        ["--measured", report("part", 0.5, 9), *sides[2:]],
        ["--measured", str(tmp_path), *sides[2:]],
    ):
        refused = homespun("models", "card", "tiny:one", *wrong)
        assert refused.status == 2
    assert homespun("models", "card", "tiny", *sides).status == 2
