from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

TALKS = [
    [{"role": "user", "content": f"I am {number}."}, {"role": "assistant", "content": f"Hello, {number}!"}]
    for number in range(40)
]
DROPPED = {
    "documents": 3,
    "kinds": {"talk": {"clash": 2, "exact": 1, "near": 0}},
    "evaluation": {
        "birds": {"texts": 9, "documents": 2, "words": ["which bird hums best"]},
        "sums": {"texts": 4, "documents": 0, "words": []},
    },
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run with prepared tokens."""
    from finetune.data.prepare import prepare

    folder = tmp_path / "run"
    prepare({"talk": TALKS}, folder / "tokens", vocab_size=300, mask_prompts=True, notes={"dropped": DROPPED})
    return folder


def test_generated_conversations_are_shown_with_their_targets_marked(homespun: Any) -> None:
    done = homespun("data", "preview", "home-nano", "--count", "2")
    assert done.status == 0
    lines = done.out.splitlines()
    assert [line for line in lines if line.startswith("── ")] == [
        "── conversations, 1 of 2",
        "── conversations, 2 of 2",
    ]
    spoken = [line for line in lines if line.startswith("<|assistant|>")]
    assert spoken
    assert all(line.startswith("<|assistant|>⟦") for line in spoken)
    assert any(line.startswith("<|user|>") and "⟦" not in line for line in lines)


def test_a_kind_a_count_and_a_seed_choose(homespun: Any) -> None:
    def drawn(*more: str) -> dict[str, Any]:
        kinds: dict[str, Any] = homespun("data", "preview", "home-chat", "--json", *more).json["kinds"]
        return kinds

    one = drawn("--kind", "tools", "--count", "3")
    assert {kind: len(own) for kind, own in one.items()} == {"tools": 3}
    assert drawn("--kind", "tools", "--count", "3", "--seed", "0") == one
    assert drawn("--kind", "tools", "--count", "3", "--seed", "7") != one
    targets = [piece["text"] for document in one["tools"] for piece in document["pieces"] if piece["target"]]
    assert any(text.startswith('<|call|>{"name":') for text in targets)


def test_what_needs_public_data_is_said_to_lack(
    homespun: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOMESPUN_DATA", raising=False)
    shown = homespun("data", "preview", "home-chat", "--json").json
    assert {"conversations", "memories", "scenes", "tools"} == set(shown["kinds"])
    assert {"requests", "texts"} <= set(shown["lacking"])
    told = homespun("data", "preview", "home-chat", "--count", "1")
    assert told.status == 0
    assert "requests, texts" in told.err
    assert "can't be shown: no public data is named" in told.err
    for arguments in (("home-chat", "--kind", "requests"), ("read",)):
        done = homespun("data", "preview", *arguments)
        assert (done.status, "no public data is named" in done.line, "HOMESPUN_DATA" in done.line) == (
            2, True, True,
        )  # fmt: skip
    monkeypatch.setenv("HOMESPUN_DATA", str(tmp_path / "nowhere"))
    done = homespun("data", "preview", "read")
    assert (done.status, "nowhere is no folder" in done.line) == (2, True)


def test_prepared_tokens_are_shown_with_their_counts(homespun: Any, run: Path) -> None:
    shown = homespun("data", "preview", str(run), "--count", "2", "--json").json
    assert shown["folder"] == str(run / "tokens")
    assert shown["documents"] == {"train": 39 + 0, "valid": 1}
    assert (shown["masked"], shown["dropped"]) == (True, DROPPED)
    talk = shown["sources"]["talk"]
    assert talk["tokens"] == shown["tokens_train"] + shown["tokens_valid"]
    assert {kind: len(own) for kind, own in shown["kinds"].items()} == {"train": 2, "valid": 1}
    text = homespun("data", "preview", str(run / "tokens"), "--kind", "train").out
    assert f"train: {shown['tokens_train']:,} tokens in 39 documents" in text
    lines = [line.split() for line in text.splitlines()]
    assert ["talk", "40", f"{talk['characters']:,}", f"{talk['tokens']:,}"] in lines
    assert ["talk", "2", "1", "0"] in lines
    assert "2 shared words with birds, such as: which bird hums best" in text
    assert "sums" not in text
    assert text.count("── train, ") == 3
    assert "── valid" not in text
    assert text.count("!<|end|>⟧") == 3


def test_folders_of_before_have_no_tokens_by_source_and_are_shown_all_the_same(
    homespun: Any, run: Path
) -> None:
    meta = json.loads((run / "tokens" / "meta.json").read_text())
    del meta["dropped"], meta["sources"]["talk"]["tokens"]
    (run / "tokens" / "meta.json").write_text(json.dumps(meta))
    done = homespun("data", "preview", str(run))
    assert (done.status, "unknown" in done.out, "DROPPED" in done.out) == (0, True, False)


def test_what_there_is_no_preview_of_is_clear(homespun: Any, run: Path, tmp_path: Path) -> None:
    for what, told in (
        ("home-caht", "Did you mean home-chat"),
        ("home-caht", "no folder of that name either"),
        ("fill", "There is one of: home-nano, home-base"),
        (str(tmp_path), "holds no prepared tokens"),
    ):
        done = homespun("data", "preview", what)
        assert (done.status, told in done.line) == (2, True)
    done = homespun("data", "preview", str(run), "--kind", "trian")
    assert (done.status, "Did you mean train" in done.line) == (2, True)
    done = homespun("data", "preview", "home-nano", "--count", "0")
    assert done.status == 2


def test_a_plugins_recipe_without_a_preview_is_no_trouble(
    homespun: Any, homespun_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (homespun_home / "homespun.toml").write_text(
        "[plugins.recipes]\nown = 'preview_recipe:RECIPE'\nbad = 'nowhere_at_all:RECIPE'\n"
    )
    (tmp_path / "preview_recipe.py").write_text(
        "from types import SimpleNamespace\nRECIPE = SimpleNamespace(description='nothing', run=None)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    done = homespun("data", "preview", "own")
    assert (done.status, "own has no preview" in done.line) == (2, True)
