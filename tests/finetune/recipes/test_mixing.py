"""How many documents of each kind are mixed, and what is kept out of home-chat's."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from finetune.progress import Reporter
from finetune.recipes import home_chat
from finetune.recipes.recipe import Context, Kitchen
from homespun.errors import UsageError

KINDS = {"talk": 100, "texts": 5}


def _open(tmp_path: Path, kinds: Any = KINDS, **changes: str) -> Kitchen:
    context = Context(tmp_path, overrides={key.replace("__", "."): value for key, value in changes.items()})
    return Kitchen.open("mine", context, ("base",), kinds=kinds)


def test_a_weight_multiplies_how_many_there_are(tmp_path: Path) -> None:
    kitchen = _open(tmp_path, weights__talk="0.5", weights__texts="3", texts="7", lr="1")
    assert {kind: kitchen.number(kind, count) for kind, count in KINDS.items()} == {"talk": 50, "texts": 21}
    assert kitchen.train == {"lr": "1"}


@pytest.mark.parametrize(("weight", "count"), [("0", 0), ("0.001", 1), ("1e-9", 1), ("2.5", 12), ("1", 5)])
def test_only_a_weight_of_nothing_leaves_a_kind_out(tmp_path: Path, weight: str, count: int) -> None:
    assert _open(tmp_path, weights__texts=weight).number("texts", 5) == count


@pytest.mark.parametrize("weight", ["-1", "nan", "inf", "half", ""])
def test_a_weight_that_is_none_is_told_before_anything_is_made(tmp_path: Path, weight: str) -> None:
    with pytest.raises(UsageError, match=r"weights\.talk takes a number from 0 on"):
        _open(tmp_path, weights__talk=weight)


def test_a_weight_of_an_unknown_kind_names_the_near_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean texts"):
        _open(tmp_path, weights__text="2")
    with pytest.raises(UsageError, match=r"training setting 'weights\.talk'"):
        _open(tmp_path, kinds=(), weights__talk="2")


def test_evaluation_texts_that_are_not_there_are_told_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no evaluation texts in .*nowhere"):
        _open(tmp_path, apart=f"{tmp_path}, nowhere")
    with pytest.raises(UsageError, match="training setting 'apart'"):
        _open(tmp_path, kinds=(), apart=str(tmp_path))


def _talk(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}, {"role": "assistant", "content": "I don't know."}]


def test_home_chat_keeps_out_what_is_asked_and_writes_down_what_it_dropped(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = io.StringIO()
    (tmp_path / "mine.txt").write_text("Who mends the roof of the chapel?\n")

    def gathered(kitchen: Kitchen) -> dict[str, Any]:
        asked = ["Which bird hums best?", "Who mends the roof of the chapel?", "Hm", "hm!"]
        return {"talk": [_talk(text) for text in asked] + [_talk(f"Hello {i}") for i in range(30)]}

    def evaluations() -> dict[str, Iterator[str]]:
        return {"birds": iter(["Which bird hums best?"])}

    monkeypatch.setattr(home_chat, "gather", gathered)
    context = Context(tmp_path, reporter=Reporter(said), evaluations=evaluations)
    kitchen = Kitchen("home-chat", context, {"apart": str(tmp_path / "mine.txt")}, {})
    home_chat._prepare(kitchen, tiny_model)
    meta = json.loads((kitchen.tokens / "meta.json").read_text())
    assert meta["sources"]["talk"]["documents"] == 31
    assert meta["dropped"]["kinds"] == {"talk": {"clash": 2, "exact": 1, "near": 0}}
    counted = {name: of["documents"] for name, of in meta["dropped"]["evaluation"].items()}
    assert counted == {"birds": 1, str((tmp_path / "mine.txt").resolve()): 1}
    assert 'dropped 1 that share words with birds, such as "which bird hums best"' in said.getvalue()


def test_a_folder_named_like_a_suite_does_not_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "birds").mkdir()
    (tmp_path / "birds" / "mine.txt").write_text("Who mends the roof of the chapel?\n")
    context = Context(tmp_path, evaluations=lambda: {"birds": ["Which bird hums best?"]})
    apart = Kitchen("mine", context, {"apart": "birds"}, {}).evaluation()
    assert apart is not None
    assert list(apart.counts) == ["birds", str((tmp_path / "birds").resolve())]
    asked = ["Which bird hums best?", "Who mends the roof of the chapel?"]
    assert all(apart.clashes([_talk(text) for text in asked]))


def test_evaluation_texts_that_cannot_be_read_are_told_before_documents_are_made(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gathered(_: Kitchen) -> dict[str, Any]:
        raise AssertionError("documents were made")

    monkeypatch.setattr(home_chat, "gather", gathered)
    (tmp_path / "mine.txt").write_bytes(b"\xff\xff")
    kitchen = Kitchen("home-chat", Context(tmp_path), {"apart": str(tmp_path / "mine.txt")}, {})
    with pytest.raises(UsageError, match="isn't UTF-8"):
        home_chat._prepare(kitchen, tiny_model)


def test_home_chat_mixes_by_weights(tmp_path: Path) -> None:
    few = dict.fromkeys(home_chat.COUNTS, "4") | {"weights.memories": "2", "weights.tools": "0"}
    context = Context(tmp_path, reporter=Reporter(io.StringIO()))
    documents = home_chat.gather(Kitchen("home-chat", context, few, {}))
    assert {kind: len(own) for kind, own in documents.items()} == {
        "conversations": 4,
        "scenes": 4,
        "memories": 8,
        "tools": 0,
    }
