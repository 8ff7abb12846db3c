"""A preview shows what training reads: the same markup, the same targets, documents drawn by the seed."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from finetune.data.prepare import prepare
from finetune.parts import split
from finetune.preview import Piece, Preview, look, look_into, pieces, tokens_in
from finetune.recipes import RECIPES
from finetune.recipes.recipe import NEEDS_DATA, Context
from homespun.errors import UsageError

CALL = {"name": "greet", "arguments": {"whom": "Zoë 🌊"}}
TALK: list[dict[str, Any]] = [
    {"role": "user", "content": "Say hello to Zoë"},
    {"role": "assistant", "content": "Sure. ", "tool_calls": [CALL]},
    {"role": "tool", "content": "done"},
    {"role": "assistant", "content": "Done.", "memory": "(act)"},
]
PIECES = (
    Piece("<|endoftext|><|user|>Say hello to Zoë<|end|><|assistant|>", False),
    Piece('Sure. <|call|>{"name":"greet","arguments":{"whom":"Zoë 🌊"}}<|end|>', True),
    Piece("<|tool|>done<|end|><|memory|>(act)<|end|><|assistant|>", False),
    Piece("Done.<|end|>", True),
)


def test_a_conversation_is_marked_as_the_template_marks_it() -> None:
    assert pieces(TALK) == PIECES
    whole = "".join(piece.text for piece in PIECES).removeprefix("<|endoftext|>")
    assert pieces(TALK, masked=False) == (Piece("<|endoftext|>", False), Piece(whole, True))
    assert pieces("A text.") == (Piece("<|endoftext|>", False), Piece("A text.", True))


@pytest.mark.parametrize("masked", [True, False])
def test_prepared_tokens_show_the_same_as_their_documents(tmp_path: Path, masked: bool) -> None:
    documents: dict[str, Any] = {"talk": [TALK], "prose": ["A text of its own."]}
    folder = tmp_path / "tokens"
    meta = prepare(documents, folder, vocab_size=280, mask_prompts=masked)
    # Nothing is held out where there is one document of a source; a folder needs both parts.
    (folder / "valid.bin").write_bytes((folder / "train.bin").read_bytes())
    if masked:
        (folder / "valid.loss.bin").write_bytes((folder / "train.loss.bin").read_bytes())
    before = sorted((path, path.stat().st_mtime_ns) for path in folder.iterdir())
    kinds, facts = look_into(folder, count=9)
    expected = {pieces(own[0], masked) for own in documents.values()}
    assert set(kinds["train"]) == set(kinds["valid"]) == expected
    assert facts["documents"] == {"train": 2, "valid": 2}
    assert (facts["masked"], facts["sources"]) == (masked, meta["sources"])
    assert sorted((path, path.stat().st_mtime_ns) for path in folder.iterdir()) == before


def test_the_seed_decides_which_documents_and_a_kind_is_one_part(make_folder: Callable[..., Path]) -> None:
    import numpy as np

    folder = make_folder(train=np.array([part for number in range(100) for part in (0, 50 + number)]))
    one, _ = look_into(folder, "train", count=4, seed=1)
    assert list(one) == ["train"]
    assert len(set(one["train"])) == 4
    assert look_into(folder, "train", count=4, seed=1)[0] == one
    assert look_into(folder, "train", count=4, seed=2)[0] != one
    with pytest.raises(UsageError, match="Did you mean valid"):
        look_into(folder, "valed")


def test_the_tokens_of_a_run_are_found(make_folder: Callable[..., Path], tmp_path: Path) -> None:
    tokens = make_folder()
    assert tokens_in(tokens) == tokens
    assert tokens_in(tmp_path) == tokens, "a run that prepared its own"
    run = tmp_path / "run"
    run.mkdir()
    with pytest.raises(UsageError, match="holds no prepared tokens"):
        tokens_in(run)
    (run / "config.json").write_text(json.dumps({"tokens": str(tokens)}))
    assert tokens_in(run) == tokens, "one that was given tokens"
    (tmp_path / "adapter" / "rows").mkdir(parents=True)
    with pytest.raises(UsageError, match="preview its recipe"):
        tokens_in(tmp_path / "adapter")


def test_tokens_in_parts_are_said_to_be(make_folder: Callable[..., Path]) -> None:
    folder = make_folder()
    split(folder, 1000)
    with pytest.raises(UsageError, match=r"finetune\.parts join"):
        look_into(folder)


def test_how_many_tokens_there_are_is_told_though_the_folder_does_not_say(
    make_folder: Callable[..., Path],
) -> None:
    folder = make_folder()
    meta = json.loads((folder / "meta.json").read_text())
    (folder / "meta.json").write_text(json.dumps({"vocab_size": meta["vocab_size"]}))
    _, facts = look_into(folder, count=1)
    assert facts["tokens_train"] == (folder / "train.bin").stat().st_size // 2
    assert facts["tokens_valid"] == (folder / "valid.bin").stat().st_size // 2


def _many(count: int, read: list[int]) -> Iterator[str]:
    for number in range(count):
        read.append(number)
        yield f"document {number}"


def test_only_the_beginning_of_a_kind_is_read_and_kinds_that_lack_say_why() -> None:
    read: list[int] = []

    def broken() -> Iterator[str]:
        raise UsageError("a file is missing")
        yield

    def make(pool: int) -> Preview:
        return Preview({"many": _many(10**6, read), "broken": broken()}, lacking={"public": "no data"})

    found = look(make, count=2)
    assert len(read) < 100
    assert [len(own) for own in found.kinds.values()] == [2]
    assert found.lacking == {"public": "no data", "broken": "a file is missing"}
    assert found.missed() == ["public can't be shown: no data", "broken can't be shown: a file is missing"]
    assert look(make, "many", count=2).kinds == found.kinds
    assert look(make, "many", count=2, seed=1).kinds != found.kinds
    for kind, match in (
        ("public", "no data"),
        ("broken", "a file is missing"),
        ("mani", "Did you mean many"),
    ):
        with pytest.raises(UsageError, match=match):
            look(make, kind)


@pytest.mark.parametrize("name", [name for name in RECIPES.listed() if RECIPES[name].preview])
def test_a_recipe_shows_what_it_generates_without_public_data(tmp_path: Path, name: str) -> None:
    make = RECIPES[name].preview
    assert make is not None
    context = Context(tmp_path)
    if name == "read":
        with pytest.raises(UsageError, match="HOMESPUN_DATA"):
            look(lambda pool: make(context, pool))
    else:
        found = look(lambda pool: make(context, pool), count=2)
        assert all(len(own) == 2 for own in found.kinds.values())
        assert any(piece.target for own in found.kinds.values() for document in own for piece in document)
        assert all("HOMESPUN_DATA" in why for why in found.lacking.values())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["read", "told"])
def test_questions_on_public_texts_are_shown_with_their_answers(tmp_path: Path, name: str) -> None:
    rows = [
        {"title": "T", "context": f"The mill of {year} was built by Ada.", "questions": [
            {"question": f"Who built the mill of {year}?", "answers": ["Ada"]}]}
        for year in range(1800, 1810)
    ]  # fmt: skip
    with gzip.open(tmp_path / "squad-v1.1.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows))
    make = RECIPES[name].preview
    assert make is not None
    found = look(lambda pool: make(Context(tmp_path, data=tmp_path), pool), count=10)
    assert [[part.text for part in one if part.target] for one in found.kinds["reading"]] == [["Ada"]] * 10
    assert {one[-1] for one in found.kinds["unanswerable"]} == {Piece("none", True)}
    if name == "told":
        assert "is missing" in found.lacking["sgd"], "only what that kind reads is missing"


def test_a_missing_file_takes_away_what_is_read_from_it_and_no_more(tmp_path: Path) -> None:
    for name, whole in (("home-chat", {"conversations", "memories", "scenes", "tools"}), ("told", {"told"})):
        make = RECIPES[name].preview
        assert make is not None
        found = look(lambda pool, make=make: make(Context(tmp_path, data=tmp_path), pool), count=2)  # type: ignore[misc]
        assert set(found.kinds) == whole
        assert found.lacking
        assert NEEDS_DATA not in found.lacking.values()


def test_only_the_kind_that_is_wanted_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from finetune.data import handoffs, noticed

    def fail(_: int) -> None:
        raise AssertionError("another kind was made")

    def made(*_: Any) -> Iterator[Any]:
        return map(fail, [0])

    monkeypatch.setattr(handoffs, "handoffs", made)
    monkeypatch.setattr(noticed, "from_texts", made)
    make = RECIPES["home-chat"].preview
    assert make is not None
    found = look(lambda pool: make(Context(tmp_path, data=tmp_path), pool), "tools", count=2)
    assert list(found.kinds) == ["tools"]


def test_answers_are_marked_in_their_passage() -> None:
    from finetune.data.reading.squad import ReadingExample
    from finetune.recipes.read import marked

    assert marked(ReadingExample("g", "Who?", "Ada came.", 0, 3)) == (
        Piece("question: Who?\npassage: ", False),
        Piece("Ada", True),
        Piece(" came.", False),
    )
    assert marked(ReadingExample("g", "Why?", "Ada came."))[-1] == Piece("none", True)


def test_a_preview_of_generated_documents_imports_no_torch() -> None:
    code = (
        "import sys; from pathlib import Path; from finetune.preview import look;"
        "from finetune.recipes import RECIPES; from finetune.recipes.recipe import Context;"
        "look(lambda pool: RECIPES['home-chat'].preview(Context(Path('nowhere')), pool), count=1);"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0
